import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { reasonOf } from './reason.ts';
import { UsageError } from './usage-error.ts';

/** An adapter that is added to a model. */
export interface LoraFile {
  /** Absolute. */
  path: string;
  /** How much of it is added; 1 is as it was trained. */
  scale: number;
}

/** Reads `FILE` or `FILE=SCALE`. @throws UsageError for a scale that is no number and a file that cannot be read */
export function loraFile(given: string): LoraFile {
  // A file's name may hold an equals sign.
  const [, file = given, written] = existing(given) ? [] : (/^(.*)=([^=/\\]*)$/.exec(given) ?? []);
  const scale = written === undefined ? 1 : Number(written);
  if (written?.trim() === '' || !Number.isFinite(scale)) {
    throw new UsageError(`--lora ${given}: the scale must be a number, not ${JSON.stringify(written)}.`);
  }
  const path = resolve(file);
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new UsageError(`--lora ${file} cannot be read: ${reasonOf(error)}; name a LoRA adapter in GGUF.`, {
      cause: error,
    });
  }
  if (existing(path)) return { path, scale };
  throw new UsageError(`--lora ${file} is a folder; name a LoRA adapter in GGUF.`);
}

function existing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
