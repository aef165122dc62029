import { InferenceError } from '../../contract/errors.ts';
import type { Engine, LoadOptions } from '../engine.ts';
import { readOnnxFolder } from './folder.ts';
import { createOnnxGenerator } from './generator.ts';

/**
 * Loads a model's folder in the layout of Transformers.js for what it was made for.
 * @throws InferenceError model_failed for a folder that is no model, unsupported for one that can do nothing of ours,
 * insufficient_memory, invalid_request for a device or dtype that is not there
 */
export async function loadOnnx(options: LoadOptions): Promise<Engine> {
  const folder = readOnnxFolder(options.path, { dtype: undefined, gpu: false });
  if (folder.task === 'generate') return createOnnxGenerator(folder, options);
  throw new InferenceError('unsupported', `The model ${options.path} cannot be served yet.`);
}
