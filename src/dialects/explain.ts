import type { ZodType, z } from 'zod';
import { InferenceError } from '../contract/errors.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks a body against its schema.
 * @returns the body, typed.
 * @throws InferenceError invalid_request: one sentence about the first thing that is wrong, `param` is its path.
 */
export function parseBody<Body>(schema: ZodType<Body>, value: unknown): Body {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = deepest(result.error.issues);
  const name = pathName(path);
  throw new InferenceError('invalid_request', `${name === '' ? 'The body' : name} ${message}.`, {
    param: name === '' ? undefined : name,
  });
}

/** The first issue; of a union's branches, the one that got farthest into the value (it is the one that was meant). */
function deepest(issues: readonly Issue[]): { path: readonly PropertyKey[]; message: string } {
  const issue = issues[0];
  if (issue === undefined) return { path: [], message: 'is not valid' };
  if (issue.code !== 'invalid_union') return issue;
  let best: { path: readonly PropertyKey[]; message: string } = { path: [], message: issue.message };
  for (const branch of issue.errors) {
    const inner = deepest(branch);
    if (inner.path.length > best.path.length) best = inner;
  }
  return { path: [...issue.path, ...best.path], message: best.message };
}

/** `['messages', 0, 'content']` as `messages[0].content`. */
function pathName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');
}
