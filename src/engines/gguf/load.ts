import { setTimeout as sleep } from 'node:timers/promises';
import { InsufficientMemoryError, type Llama, type LlamaContext, type LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { Engine, LoadOptions } from '../engine.ts';
import { addonContext, addonModel, createAddonSampler, type AddonContext } from './addon.ts';
import { affordableGap, measureSteps, powersOfTwoTo } from './calibration.ts';
import { usableCores } from './cores.ts';
import { describeDevice, openDevice } from './devices.ts';
import { checkGgufFile } from './gguf-file.ts';
import { Handover } from './handover.ts';
import { measureHandover } from './handover-costs.ts';
import { LogprobReader } from './logprobs.ts';
import { planMemory } from './memory.ts';
import { SlotSampler } from './sampler.ts';
import { GgufStepper } from './stepper.ts';
import { fixedThreads, LearnedThreads, type Threads } from './threads.ts';
import { createTokenizer } from './tokenizer.ts';

const CPU_SLOTS = 8;
const GPU_SLOTS = 16;
/** Longer batches read no faster on a CPU (docs/benchmarks.md), and their logits take memory for each token. */
const BATCH = 512;

/**
 * Loads a GGUF file.
 * @throws InferenceError model_failed for a file that is no model, insufficient_memory, invalid_request for a device that is not there
 */
export async function loadGguf(options: LoadOptions): Promise<Engine> {
  await checkGgufFile(options.path);
  const cores = chooseThreads(options.threads);
  const engineErrors: string[] = [];
  const llama = await openDevice(options.device, (level, message) => {
    // The logger outlives the load; a few lines tell why one failed.
    if (level === 'error' && engineErrors.length < 10) engineErrors.push(message);
    options.onLog?.(level, message);
  });
  const model = await loadModel(llama, options, engineErrors);
  try {
    checkModel(model, options);
    const { context, contextSize, slots, batchSize } = await createContext(llama, model, options, cores);
    const native = addonContext(context);
    const tokenizer = createTokenizer(model);
    const fillable = await canForgetTail(native);
    const steps = await tuneSteps(native, llama, slots, cores, options.threads, fillable);
    const costs = await measureHandover(native, slots, fillable, options.scratchFolder);
    const createSampler = () => createAddonSampler(llama, addonModel(model));
    const samplers = Array.from({ length: slots }, () => new SlotSampler(createSampler(), tokenizer.special.eog));
    const logprobs = samplers.map(() => new LogprobReader(createSampler));
    return {
      format: 'gguf',
      stepper: new GgufStepper({
        context: native,
        samplers,
        logprobs,
        contextSize,
        batchSize,
        ...steps,
        handover: new Handover(native, costs, contextSize, options.scratchFolder),
        dispose: async () => {
          for (const sampler of samplers) sampler.native.dispose();
          for (const reader of logprobs) reader.dispose();
          await context.dispose();
          await model.dispose();
        },
      }),
      tokenizer,
      chatTemplate: model.fileInfo.metadata.tokenizer.chat_template,
      device: await describeDevice(options.device, llama, cores),
      states: { engine: `llama.cpp ${llama.llamaCppRelease.release}`, state: 'f16' },
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** @throws InferenceError for more threads than cores: they wait for each other by spinning, a thousand times slower */
export function chooseThreads(wanted: number | undefined): number {
  const cores = usableCores();
  if (wanted === undefined || wanted <= cores) return wanted ?? cores;
  throw new InferenceError(
    'invalid_request',
    `--threads ${wanted} is more than the ${cores} CPU cores that this process may use; ask for at most ${cores}.`,
    { param: 'threads' },
  );
}

/**
 * Loads a model file's weights.
 * @param engineErrors llama.cpp's own lines, which may come a moment later
 * @throws InferenceError model_failed, insufficient_memory
 */
export async function loadModel(
  llama: Llama,
  options: Pick<LoadOptions, 'path' | 'gpuLayers' | 'onProgress'>,
  engineErrors: readonly string[],
): Promise<LlamaModel> {
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

/** @throws InferenceError for a model that cannot generate, or a context that it was not trained on */
function checkModel(model: LlamaModel, options: LoadOptions): void {
  const { architecture } = model.fileInfo.metadata.general;
  const causal = model.fileInfo.architectureMetadata.attention?.causal;
  if (causal === false) {
    throw new InferenceError(
      'unsupported',
      `The model ${options.path} (${architecture}) makes embeddings and cannot generate text; name a model that does.`,
    );
  }
  if (options.contextSize !== undefined && options.contextSize > model.trainContextSize) {
    throw new InferenceError(
      'invalid_request',
      `--context-size ${options.contextSize} is more than the ${model.trainContextSize} tokens that the model was trained on; lower it.`,
      { param: 'context-size' },
    );
  }
}

async function createContext(
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

/** Threads and gaps by measuring; on a GPU the threads do not matter, and an idle row costs next to nothing. */
async function tuneSteps(
  context: AddonContext,
  llama: Llama,
  slots: number,
  cores: number,
  threads: number | undefined,
  fillable: boolean,
): Promise<{ threads: Threads; affordableGap: number }> {
  if (llama.gpu !== false) return { threads: fixedThreads(cores), affordableGap: fillable ? slots : 0 };
  const costs = await measureSteps(
    threads === undefined ? powersOfTwoTo(cores) : [threads],
    slots,
    async (size, count) => {
      context.initBatch(size);
      for (let slot = 0; slot < size; slot += 1) context.addToBatch(slot, 0, Uint32Array.of(0), new Uint32Array());
      context.setThreads(count);
      await context.decodeBatch();
      for (let slot = 0; slot < size; slot += 1) context.disposeSequence(slot);
    },
  );
  return {
    threads: threads === undefined ? new LearnedThreads(costs) : fixedThreads(threads),
    affordableGap: fillable ? affordableGap(costs) : 0,
  };
}

/** Recurrent and hybrid models keep one state for all they read and cannot take a token back. */
async function canForgetTail(context: AddonContext): Promise<boolean> {
  context.initBatch(2);
  context.addToBatch(0, 0, Uint32Array.of(0, 0), new Uint32Array());
  await context.decodeBatch();
  const can = context.removeTokenCellsFromSequence(0, 1, -1);
  context.disposeSequence(0);
  return can;
}
