import assert from 'node:assert/strict';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import { turnsOf } from '../../src/engines/core-turns.ts';
import { addonContext, addonModel, createAddonSampler } from '../../src/engines/gguf/addon.ts';
import { Handover, type HandoverCosts } from '../../src/engines/gguf/handover.ts';
import { LogprobReader } from '../../src/engines/gguf/logprobs.ts';
import { SlotSampler, type SamplerModel } from '../../src/engines/gguf/sampler.ts';
import { GgufStepper } from '../../src/engines/gguf/stepper.ts';
import { fixedThreads } from '../../src/engines/gguf/threads.ts';
import type { ChunkShape } from '../../src/engines/gguf/tiles.ts';

/** A model whose requests have neither ends nor grammars. */
const free: SamplerModel = {
  endTokens: new Set(),
  controlTokens: new Map(),
  createGrammarState: () => assert.fail('no grammar was asked for'),
  grammarAllows: () => assert.fail('no grammar was asked for'),
};

/**
 * A stepper of llama.cpp with slots of 256 tokens that copies in the way that is said to cost less.
 * @param file where it may put what it copies
 * @param shape what chunks are said to cost, where they may be filled up to whole tiles
 */
export async function handoverStepper(
  llama: Llama,
  model: LlamaModel,
  { slots, costs, file, shape }: { slots: number; costs: HandoverCosts; file: string; shape?: ChunkShape },
): Promise<GgufStepper> {
  const context = await model.createContext({ contextSize: 256, sequences: slots, batchSize: 256, threads: 1 });
  const native = addonContext(context);
  const createSampler = () => createAddonSampler(llama, addonModel(model));
  return new GgufStepper({
    context: native,
    samplers: Array.from({ length: slots }, () => new SlotSampler(createSampler(), free)),
    logprobs: Array.from({ length: slots }, () => new LogprobReader(createSampler)),
    contextSize: 256,
    batchSize: 256,
    threads: fixedThreads(1),
    chunkOverhead: 0,
    shape,
    turns: turnsOf(false),
    handover: new Handover(native, costs, 256, file),
    affordableGap: 0,
    dispose: () => context.dispose(),
  });
}
