import { readFileSync } from 'node:fs';
import { reasonOf } from './reason.ts';
import { accessSettings } from './server-settings.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads a key file: one key a line, empty lines and lines that begin with # left out.
 * @throws UsageError when it cannot be read, holds no key (the server would be open), or a line is no key
 */
export function readApiKeys(path: string): string[] {
  const keys = readLines(path).filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw new UsageError(`The API key file ${path} holds no key; write one on a line of its own.`);
  if (!accessSettings.apiKey.schema.safeParse(keys).success) {
    throw new UsageError(`The API key file ${path} has a key that is not ASCII text without spaces.`);
  }
  return keys;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .map((line) => line.trim());
  } catch (error) {
    throw new UsageError(`The API key file ${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}
