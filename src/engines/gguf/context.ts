import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { LoadOptions } from '../engine.ts';
import { planMemory } from './memory.ts';

const CPU_SLOTS = 8;
const GPU_SLOTS = 16;
/** Longer batches read no faster on a CPU (docs/benchmarks.md), and their logits take memory for each token. */
const BATCH = 512;

/**
 * Makes the context of all slots, as large as the user asked for or as memory allows.
 * @throws InferenceError insufficient_memory
 */
export async function createContext(
  llama: Llama,
  model: LlamaModel,
  options: LoadOptions,
  threads: number,
): Promise<{ context: LlamaContext; contextSize: number; slots: number; batchSize: number }> {
  const cpu = llama.gpu === false;
  const freeBytes = cpu ? process.availableMemory() : (await llama.getVramState()).free;
  const estimate = (contextSize: number, sequences: number): number => {
    const { cpuRam, gpuVram } = model.fileInsights.estimateContextResourceRequirements({
      contextSize,
      sequences,
      modelGpuLayers: model.gpuLayers,
      swaFullCache: true,
      includeGraphOverhead: false,
    });
    return cpu ? cpuRam : gpuVram;
  };
  const { contextSize, slots } = planMemory({
    contextSize: options.contextSize,
    slots: options.slots,
    trainedContext: model.trainContextSize,
    wantedSlots: cpu ? CPU_SLOTS : GPU_SLOTS,
    freeBytes,
    bytes: estimate,
  });
  // A step takes a token of every slot, and no more tokens than one slot holds are read at once.
  const batchSize = Math.max(slots, Math.min(options.batchSize ?? BATCH, contextSize));
  try {
    const context = await model.createContext({
      contextSize,
      sequences: slots,
      batchSize,
      threads,
      // A window that has moved on cannot be gone back to; the full cache lets slots keep a prefix.
      swaFullCache: true,
    });
    return { context, contextSize, slots, batchSize };
  } catch (error) {
    const wanted = Math.round(estimate(contextSize, slots) / 2 ** 20);
    throw new InferenceError(
      'insufficient_memory',
      `A context of ${slots} × ${contextSize} tokens needs ${wanted} MiB beside the model, of ${Math.round(freeBytes / 2 ** 20)} MiB free; lower --context-size or --parallel.`,
      { cause: error },
    );
  }
}
