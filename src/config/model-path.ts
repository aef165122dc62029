import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
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

/** A file or folder to load, and the id that clients know it by. */
export interface ModelFile {
  /** Absolute. */
  path: string;
  id: string;
  /** A folder is ONNX, a file GGUF. */
  format: 'gguf' | 'onnx';
}

/**
 * A model's file or folder.
 * @param given undefined for the embedded model
 * @param id what clients call it; without one it is called by its name
 * @throws UsageError for a file out of an ONNX folder; InferenceError model_not_found for a file that is missing or cannot be read
 */
export function fileAt(given: string | undefined, id: string | undefined, root?: string): ModelFile {
  const { path, format } = readablePath(given, root);
  return { path, id: id ?? nameOf(path), format };
}

/** A folder's name may hold a dot like a file's: `Llama-3.2-1B`. */
function nameOf(path: string): string {
  return basename(path).replace(/\.gguf$/i, '');
}

function readablePath(given: string | undefined, root?: string): Pick<ModelFile, 'path' | 'format'> {
  const path = given === undefined ? defaultModelPath(root) : resolve(given);
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
    accessSync(path, constants.R_OK);
  } catch (error) {
    const message =
      given === undefined
        ? `The embedded model is not part of this installation (${path}: ${reasonOf(error)}); pass --model with the path of a GGUF file or an ONNX folder.`
        : `The model ${given} cannot be read: ${reasonOf(error)}; pass --model with the path of a GGUF file or an ONNX folder on this machine.`;
    throw new InferenceError('model_not_found', message, { cause: error });
  }
  if (!folder && /\.onnx$/i.test(path))
    throw new UsageError(`--model takes an ONNX model's folder: ${folderOf(path)}.`);
  return { path, format: folder ? 'onnx' : 'gguf' };
}

/** Where config.json lies: beside the ONNX file, or beside the folder that Transformers.js has it in. */
function folderOf(onnxFile: string): string {
  const folder = dirname(onnxFile);
  return basename(folder) === 'onnx' ? dirname(folder) : folder;
}
