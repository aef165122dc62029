import { setTimeout as sleep } from 'node:timers/promises';
import { InsufficientMemoryError, type Llama, type LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { LoadOptions } from '../engine.ts';
import { chooseThreads } from '../cores.ts';
import { describeDevice, openDevice } from './devices.ts';
import { checkGgufFile } from './gguf-file.ts';

export type OpenOptions = Pick<LoadOptions, 'path' | 'device' | 'threads' | 'gpuLayers' | 'onProgress' | 'onLog'>;

/** A model whose weights are loaded, and that has no context yet. */
export interface OpenModel {
  llama: Llama;
  model: LlamaModel;
  /** Threads that it may use at once. */
  cores: number;
  /** The device that really computes, in words. */
  device: string;
}

/**
 * Opens the device and loads a file's weights on it. Who opens a model disposes of it.
 * @throws InferenceError model_failed for a file that is no model, insufficient_memory, invalid_request for a device that
 * is not there or more threads than cores
 */
export async function openModel(options: OpenOptions): Promise<OpenModel> {
  await checkGgufFile(options.path);
  const cores = chooseThreads(options.threads);
  const engineErrors: string[] = [];
  const llama = await openDevice(options.device, (level, message) => {
    // The logger outlives the load; a few lines tell why one failed.
    if (level === 'error' && engineErrors.length < 10) engineErrors.push(message);
    options.onLog?.(level, message);
  });
  const model = await loadWeights(llama, options, engineErrors);
  return { llama, model, cores, device: await describeDevice(options.device, llama, cores) };
}

/** @param engineErrors llama.cpp's own lines, which may come a moment later */
async function loadWeights(llama: Llama, options: OpenOptions, engineErrors: readonly string[]): Promise<LlamaModel> {
  try {
    return await llama.loadModel({
      modelPath: options.path,
      gpuLayers: llama.gpu === false ? 0 : options.gpuLayers,
      onLoadProgress: (fraction) => options.onProgress?.(fraction),
    });
  } catch (error) {
    // The addon hands its log lines over a moment later.
    for (let wait = 0; wait < 20 && engineErrors.length === 0; wait += 1) await sleep(10);
    const [first] = engineErrors;
    const reason = first ?? (error instanceof Error ? error.message : String(error));
    const tooBig = error instanceof InsufficientMemoryError;
    throw new InferenceError(
      tooBig ? 'insufficient_memory' : 'model_failed',
      `The model file ${options.path} cannot be loaded; llama.cpp says: ${reason.trim()}.`,
      { cause: error },
    );
  }
}
