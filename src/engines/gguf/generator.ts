import { join } from 'node:path';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import type { Stepper } from '../../contract/tokens.ts';
import { checkContextSize } from '../context-size.ts';
import type { GeneratorEngine, LoadOptions } from '../engine.ts';
import {
  addonContext,
  addonModel,
  createAddonSampler,
  createGrammarState,
  grammarAllows,
  type AddonContext,
} from './addon.ts';
import { adapterStates } from './adapters.ts';
import { chunkOverhead, weightCells, type ChunkShape } from './tiles.ts';
import { affordableGap, measureSteps, powersOfTwoTo } from './calibration.ts';
import { createContext, type PlannedContext } from './context.ts';
import { Handover } from './handover.ts';
import { measureHandover } from './handover-costs.ts';
import { turnsOf } from '../core-turns.ts';
import { LogprobReader } from './logprobs.ts';
import type { OpenModel } from './open-model.ts';
import { SlotSampler, type SamplerModel } from './sampler.ts';
import { GgufStepper } from './stepper.ts';
import { fixedThreads, LearnedThreads, type Threads } from './threads.ts';
import { controlTokens } from '../control-tokens.ts';
import { createTokenizer } from './tokenizer.ts';

/**
 * Makes an opened model ready to generate.
 * @throws InferenceError insufficient_memory, invalid_request for a context that it was not trained on
 */
export async function createGenerator(
  { llama, model, cores, device }: OpenModel,
  options: LoadOptions,
): Promise<GeneratorEngine> {
  checkContextSize(options.contextSize, model.trainContextSize);
  const { context, memory, ...sizes } = await createContext(llama, model, options, cores);
  const tokenizer = createTokenizer(model);
  const createState = (gbnf: string) => createGrammarState(llama, addonModel(model), gbnf);
  const sampling: SamplerModel = {
    endTokens: tokenizer.special.eog,
    controlTokens: controlTokens(tokenizer),
    createGrammarState: createState,
    grammarAllows: (state, token) => grammarAllows(llama, state, token),
  };
  return {
    task: 'generate',
    format: 'gguf',
    stepper: await createStepper({ llama, model, context, cores, options, sampling, ...sizes }),
    tokenizer,
    checkGrammar: createState,
    chatTemplate: model.fileInfo.metadata.tokenizer.chat_template,
    device,
    weights: [options.path],
    states: {
      engine: `llama.cpp ${llama.llamaCppRelease.release}`,
      state: `${memory.kvCacheType} ${memory.flashAttention ?? 'unknown'}${await adapterStates(options.lora ?? [])}`,
    },
    memory,
  };
}

interface StepperParts extends Omit<PlannedContext, 'memory'> {
  llama: Llama;
  model: LlamaModel;
  cores: number;
  options: LoadOptions;
  sampling: SamplerModel;
}

/** Measures what steps and copies cost here. */
async function createStepper(parts: StepperParts): Promise<Stepper> {
  const { llama, model, context, contextSize, slots, batchSize, cores, options, sampling } = parts;
  const native = addonContext(context);
  const fillable = await canForgetTail(native);
  const { threads, affordableGap: gap } = await tuneSteps(native, llama, slots, cores, options.threads, fillable);
  const costs = await measureHandover(native, slots, fillable, options.scratchFolder);
  const createSampler = () => createAddonSampler(llama, addonModel(model));
  const samplers = Array.from({ length: slots }, () => new SlotSampler(createSampler(), sampling));
  const logprobs = samplers.map(() => new LogprobReader(createSampler));
  const tiled = llama.gpu === false && options.flashAttention !== 'off';
  const shape = chunkShape(model, options.threads ?? cores);
  return new GgufStepper({
    context: native,
    samplers,
    logprobs,
    contextSize,
    batchSize,
    affordableGap: gap,
    chunkOverhead: tiled ? chunkOverhead(shape.heads, shape.threads) : 0,
    shape: fillable && tiled ? shape : undefined,
    threads,
    turns: turnsOf(llama.gpu !== false),
    handover: new Handover(native, costs, contextSize, join(options.scratchFolder, 'copy.state')),
    dispose: async () => {
      for (const sampler of samplers) sampler.native.dispose();
      for (const reader of logprobs) reader.dispose();
      await context.dispose();
      await model.dispose();
    },
  });
}

function chunkShape(model: LlamaModel, threads: number): ChunkShape {
  const counts = model.fileInfo.architectureMetadata.attention?.head_count;
  const heads = Math.max(1, ...(Array.isArray(counts) ? counts : [counts ?? 1]));
  const weights = addonModel(model).getTotalParameters();
  return {
    heads,
    threads,
    weightCells: weightCells(weights, model.fileInsights.totalLayers, model.embeddingVectorSize),
  };
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
