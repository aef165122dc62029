import type { Engine, LoadOptions } from '../engine.ts';
import { chooseDevice, installedRuntime } from './devices.ts';
import { createOnnxEncoder } from './encoder/encoders.ts';
import { readOnnxFolder } from './folder/folder.ts';
import { createOnnxGenerator } from './decoder/generator.ts';
import { placeModel } from './placement.ts';

/**
 * Loads a model's folder in the layout of Transformers.js for what it was made for.
 * @throws InferenceError model_failed for a folder that is no model, unsupported for one that can do nothing of ours,
 * insufficient_memory, invalid_request for a device or dtype that is not there
 */
export async function loadOnnx(options: LoadOptions): Promise<Engine> {
  const device = chooseDevice(options.device, await installedRuntime());
  const folder = readOnnxFolder(options.path, { dtype: options.dtype, gpu: device.gpu });
  const placement = placeModel(device, options.threads);
  return folder.task === 'generate'
    ? createOnnxGenerator(folder, placement, options)
    : createOnnxEncoder(folder, placement, options);
}
