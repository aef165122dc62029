import type { ZodType } from 'zod';
import { nearestName } from '../config/names.ts';
import { InferenceError } from '../contract/errors.ts';

/**
 * Checks what a caller gave.
 * @param name what it is called in errors, '' where its fields speak for themselves
 * @throws InferenceError invalid_request that names the field and its value
 */
export function checked<Value>(schema: ZodType<Value> & { shape?: object }, value: unknown, name: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const place = pathOf(name, [...issue.path, key]);
    const known = Object.keys(issue.path.length === 0 ? (schema.shape ?? {}) : {});
    const meant = nearestName(key, known);
    const there = known.length === 0 ? 'leave it out.' : `there are ${known.join(', ')}.`;
    throw refusal(`${place} is not known; ${meant === undefined ? there : `did you mean ${meant}?`}`, place);
  }
  const place = pathOf(name, issue?.path ?? []);
  const wrong = (issue?.path ?? []).reduce<unknown>(at, value);
  const expected = issue?.message ?? 'something else';
  const verb = expected.startsWith('system, ') ? 'must be one of' : 'must be';
  throw refusal(`${place} ${verb} ${expected}, not ${described(wrong)}.`, place);
}

function pathOf(name: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, name);
}

function at(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}

function described(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const written = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'nothing');
  return written.length > 80 ? `${written.slice(0, 77)}…` : written;
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param: param === '' ? undefined : param });
}
