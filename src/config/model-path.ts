import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceError } from '../contract/errors.ts';
import { reasonOf } from './reason.ts';
import { UsageError } from './usage-error.ts';

/** The package's folder: two levels up from this file, in src/ as in dist/. */
export const packageRoot: string = fileURLToPath(new URL('../../', import.meta.url));

/** Where the embedded model lies in a checkout; the npm package comes without it. */
export function defaultModelPath(root: string = packageRoot): string {
  return join(root, 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf');
}

/**
 * The absolute path of the file to load: the one given, or the embedded model.
 * @throws UsageError for a folder; InferenceError model_not_found for a file that is missing or cannot be read
 */
export function modelPath(model: readonly string[], root?: string): string {
  const [given] = model;
  const path = given === undefined ? defaultModelPath(root) : resolve(given);
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
    if (!folder) accessSync(path, constants.R_OK);
  } catch (error) {
    const message =
      given === undefined
        ? `The embedded model is not part of this installation (${path}: ${reasonOf(error)}); pass --model with the path of a GGUF file.`
        : `The model ${given} cannot be read: ${reasonOf(error)}; pass --model with the path of a GGUF file on this machine.`;
    throw new InferenceError('model_not_found', message, { cause: error });
  }
  if (folder) throw new UsageError(`--model must be the path of a GGUF file, not the folder ${given ?? path}.`);
  return path;
}
