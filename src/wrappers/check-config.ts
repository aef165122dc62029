import { nearestName } from '../config/names.ts';
import { InferenceError } from '../contract/errors.ts';
import { knownType, schemaOf, type ModelConfig } from './model-config.ts';

/**
 * Checks entries and puts the environment's values into them.
 * @param source what they are called in errors: a file's path, or `modelConfigs`
 * @returns the entries, with `model` renamed `model_name`
 * @throws InferenceError invalid_request: one sentence with source, entry and key
 */
export function checkConfigs(content: unknown, source: string, env: NodeJS.ProcessEnv): ModelConfig[] {
  const entries: unknown[] = Array.isArray(content) ? content : [content];
  return entries.map((entry, index) => {
    const place = Array.isArray(content) ? `${source}: entry ${index + 1}` : source;
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
      throw refusal(`${place}: The model config unit should be a dict.`, source);
    return checkConfig({ ...entry }, place, env);
  });
}

function checkConfig(raw: Record<string, unknown>, place: string, env: NodeJS.ProcessEnv): ModelConfig {
  const name = typeof raw['config_name'] === 'string' && raw['config_name'] !== '' ? ` (${raw['config_name']})` : '';
  const where = place + name;
  // Python writes None, and its files null, for what is left out.
  const given = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
  const filledIn = fillIn(given, '', where, env) as Record<string, unknown>;
  for (const key of ['config_name', 'model_type']) {
    if (filledIn[key] === undefined) {
      const meant = nearestName(key, Object.keys(filledIn).filter(isStrange));
      throw refusal(`${where}: ${key} is missing${meant === undefined ? '.' : `; is ${meant} meant?`}`, key);
    }
  }
  const type = filledIn['model_type'];
  const schema = schemaOf(typeof type === 'string' ? knownType(type) : undefined);
  const result = schema.safeParse(filledIn);
  if (!result.success) throw refusedBy(result.error.issues[0], where, Object.keys(schema.shape), filledIn);
  const { model, ...config } = result.data as ModelConfig;
  if (model !== undefined && config.model_name !== undefined && model !== config.model_name)
    throw refusal(`${where}: model and model_name are the same key; keep one of them.`, 'model');
  return { ...config, ...(config.model_name === undefined && model !== undefined && { model_name: model }) };
}

const required = new Set(['config_name', 'model_type', 'model_name', 'model', 'api_key']);
function isStrange(key: string): boolean {
  return !required.has(key);
}

interface Issue {
  code: string;
  message: string;
  path: PropertyKey[];
  keys?: string[];
}

function refusedBy(
  issue: Issue | undefined,
  where: string,
  known: readonly string[],
  raw: Readonly<Record<string, unknown>>,
): InferenceError {
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? [];
    const meant = nearestName(key, known);
    const hint =
      meant === undefined ? `${String(raw['model_type'])} takes ${known.join(', ')}.` : `did you mean ${meant}?`;
    return refusal(`${where}: unknown key ${key}; ${hint}`, key);
  }
  const path = (issue?.path ?? []).map(String);
  const key = path.join('.');
  const value = path.reduce<unknown>((inner, step) => at(inner, step), raw);
  if (value === undefined) return refusal(`${where}: ${key} is missing.`, key);
  const shown = path[0] === 'api_key' || path[0] === 'headers' ? '' : `, not ${described(value)}`;
  return refusal(`${where}: ${key} must be ${issue?.message ?? 'something else'}${shown}.`, key);
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function described(value: unknown): string {
  const written = JSON.stringify(value) ?? 'nothing';
  return written.length > 80 ? `${written.slice(0, 77)}…` : written;
}

/** `${NAME}` and `${NAME:-otherwise}` in texts; `$${` stands for itself. Keys stay as they are. */
function fillIn(value: unknown, path: string, where: string, env: NodeJS.ProcessEnv): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\$\{|\$\{(\w+)(?::-([^}]*))?\}/g, (found, name?: string, otherwise?: string) => {
      if (name === undefined) return found.slice(1);
      const set = env[name];
      const text = otherwise !== undefined && set === '' ? otherwise : (set ?? otherwise);
      if (text !== undefined) return text;
      throw refusal(`${where}: ${path} needs the environment variable ${name}, which is not set.`, path);
    });
  }
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (Array.isArray(value)) return value.map((item: unknown, index) => fillIn(item, below(String(index)), where, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, below(key), where, env)]));
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
