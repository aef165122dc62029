import { GgufInsights, readGgufFileInfo, type GgufFileInfo } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import { planShared, type Inspection, type InspectOptions } from '../inspection.ts';
import { CPU_SLOTS, batchOf, flashMode } from './context.ts';
import { openDevice } from './devices.ts';
import { checkGgufFile } from './gguf-file.ts';
import { ggmlType } from './kv-cache.ts';
import { taskOf } from './task.ts';

/** Weights that the CPU wants in another order are there twice (weights.ts). */
const COPIED = 2;

/**
 * Reads a GGUF file's header, and asks llama.cpp what its contexts would take.
 * @throws InferenceError model_failed, unsupported, invalid_request (device)
 */
export async function inspectGguf(options: InspectOptions): Promise<Inspection> {
  await checkGgufFile(options.path);
  const fileInfo = await readHeader(options.path);
  const task = taskOf(fileInfo, options.path);
  const llama = await openDevice(options.device, () => {});
  const insights = await GgufInsights.from(fileInfo, llama);
  const weights = insights.modelSize;
  // On a GPU its own memory decides about contexts, and it is not known which part of the model will be there.
  if (task !== 'generate' || llama.gpu !== false) return { task, bytes: weights };
  const type = ggmlType(options.kvCacheType);
  const trainedContext = insights.trainContextSize ?? options.contextSize ?? 4096;
  const plan = await planShared(
    options,
    { trainedContext, wantedSlots: CPU_SLOTS, weights, mostWeights: COPIED * weights },
    async (contextSize, slots) => {
      const { cpuRam, gpuVram } = await insights.estimateContextResourceRequirementsV2({
        contextSize,
        sequences: slots,
        batchSize: batchOf(options, contextSize, slots),
        modelGpuLayers: 0,
        swaFullCache: true,
        flashAttention: flashMode(options.flashAttention),
        kvCacheKeyType: type,
        kvCacheValueType: type,
      });
      return cpuRam + gpuVram;
    },
  );
  return { task, ...plan };
}

async function readHeader(path: string): Promise<GgufFileInfo> {
  try {
    return await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    throw new InferenceError('model_failed', `The header of the model file ${path} cannot be read: ${reason}.`, {
      cause: error,
    });
  }
}
