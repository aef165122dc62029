import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InsufficientMemoryError, type Llama, type LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { Stepper } from '../../contract/tokens.ts';
import type { Engine, LoadOptions } from '../engine.ts';
import {
  addonContext,
  addonModel,
  createAddonSampler,
  createGrammarState,
  grammarAllows,
  type AddonContext,
} from './addon.ts';
import { affordableGap, measureSteps, powersOfTwoTo } from './calibration.ts';
import { createContext, type PlannedContext } from './context.ts';
import { usableCores } from './cores.ts';
import { describeDevice, openDevice } from './devices.ts';
import { checkGgufFile } from './gguf-file.ts';
import { Handover } from './handover.ts';
import { measureHandover } from './handover-costs.ts';
import { LaneStepper } from './lanes.ts';
import { LogprobReader } from './logprobs.ts';
import { SlotSampler, type SamplerModel } from './sampler.ts';
import { GgufStepper } from './stepper.ts';
import { fixedThreads, LaneThreads, LearnedThreads, type Threads } from './threads.ts';
import { controlTokens, createTokenizer } from './tokenizer.ts';

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
    const { contexts, memory, ...sizes } = await createContext(llama, model, options, cores);
    const tokenizer = createTokenizer(model);
    const createState = (gbnf: string) => createGrammarState(llama, addonModel(model), gbnf);
    const stepper = await createStepper({
      llama,
      model,
      contexts,
      cores,
      options,
      sampling: {
        endTokens: tokenizer.special.eog,
        controlTokens: controlTokens(tokenizer),
        createGrammarState: createState,
        grammarAllows: (state, token) => grammarAllows(llama, state, token),
      },
      ...sizes,
    });
    return {
      format: 'gguf',
      stepper,
      tokenizer,
      checkGrammar: createState,
      chatTemplate: model.fileInfo.metadata.tokenizer.chat_template,
      device: await describeDevice(options.device, llama, cores),
      states: {
        engine: `llama.cpp ${llama.llamaCppRelease.release}`,
        state: `${memory.kvCacheType} ${memory.flashAttention ?? 'unknown'}`,
      },
      memory,
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

interface StepperParts extends Omit<PlannedContext, 'memory'> {
  llama: Llama;
  model: LlamaModel;
  cores: number;
  options: LoadOptions;
  sampling: SamplerModel;
}

/** Measures what steps and copies cost here, on the first context, and joins the contexts into one stepper. */
async function createStepper(parts: StepperParts): Promise<Stepper> {
  const { llama, model, contexts, contextSize, batchSize, cores, options, sampling } = parts;
  const natives = contexts.map(addonContext);
  const slotsOf = (lane: number): number => Math.ceil((parts.slots - lane) / natives.length);
  const [first] = natives;
  if (!first) throw new Error('no context was made');
  const fillable = await canForgetTail(first);
  const steps = await tuneSteps(first, llama, slotsOf(0), cores, options.threads, fillable);
  const costs = await measureHandover(first, slotsOf(0), fillable, options.scratchFolder);
  const threads = new LaneThreads(steps.threads, Math.floor(cores / natives.length));
  const createSampler = () => createAddonSampler(llama, addonModel(model));
  const lanes = natives.map((context, lane) => {
    const samplers = Array.from({ length: slotsOf(lane) }, () => new SlotSampler(createSampler(), sampling));
    const logprobs = samplers.map(() => new LogprobReader(createSampler));
    return new GgufStepper({
      context,
      samplers,
      logprobs,
      contextSize,
      batchSize,
      affordableGap: steps.affordableGap,
      threads,
      handover: new Handover(context, costs, contextSize, join(options.scratchFolder, `lane-${lane}.state`)),
      dispose: async () => {
        for (const sampler of samplers) sampler.native.dispose();
        for (const reader of logprobs) reader.dispose();
        await contexts[lane]?.dispose();
      },
    });
  });
  const file = join(options.scratchFolder, 'lanes.state');
  return new LaneStepper({ lanes, threads, costs, file, dispose: () => model.dispose() });
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
  // One by one: a batch may be as small as that.
  for (const position of [0, 1]) {
    context.initBatch(1);
    context.addToBatch(0, position, Uint32Array.of(0), new Uint32Array());
    await context.decodeBatch();
  }
  const can = context.removeTokenCellsFromSequence(0, 1, -1);
  context.disposeSequence(0);
  return can;
}
