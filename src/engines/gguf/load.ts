import type { Engine, LoadOptions } from '../engine.ts';
import { createEmbedder } from './embedder.ts';
import { createGenerator } from './generator.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { createRanker } from './ranker.ts';
import { taskOf, type GgufTask } from './task.ts';

const prepare: Record<GgufTask, (opened: OpenModel, options: LoadOptions) => Promise<Engine>> = {
  generate: createGenerator,
  embed: createEmbedder,
  rank: createRanker,
};

/**
 * Loads a GGUF file for what it was made for.
 * @throws InferenceError model_failed for a file that is no model, unsupported for one that can do nothing of ours,
 * insufficient_memory, invalid_request for a device that is not there or a context that the model was not trained on
 */
export async function loadGguf(options: LoadOptions): Promise<Engine> {
  const opened = await openModel(options);
  try {
    return await prepare[taskOf(opened.model.fileInfo, options.path)](opened, options);
  } catch (error) {
    await opened.model.dispose();
    throw error;
  }
}
