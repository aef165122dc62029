import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z, type ZodType } from 'zod';
import { InferenceError } from '../../../contract/errors.ts';

/**
 * Reads a JSON file of a model's folder.
 * @returns undefined where there is no such file
 * @throws InferenceError model_failed for one that cannot be read, is no JSON or lacks what it must have
 */
export function readJsonFile<Value>(folder: string, name: string, schema: ZodType<Value>): Value | undefined {
  const path = join(folder, name);
  const text = readTextFile(folder, name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InferenceError('model_failed', `${path} is no JSON, so it was cut off or damaged; fetch it again.`, {
      cause,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${z.core.toDotPath(issue.path)}`;
  throw new InferenceError(
    'model_failed',
    `${path} is not what it should be${where}: ${issue?.message ?? 'unknown'}; fetch it again.`,
    { cause: parsed.error },
  );
}

/** Reads a text file of a model's folder. @returns undefined where there is none @throws InferenceError model_failed */
export function readTextFile(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferenceError('model_failed', `${path} cannot be read: ${reason}.`, { cause });
  }
}
