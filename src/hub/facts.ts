import type { KvCacheType } from '../contract/memory.ts';

/** What a model says about itself. */
export interface ModelFacts {
  architecture: string;
  name: string | undefined;
  parameters: number | undefined;
  /** Tokens of the context that it was trained with. */
  trainedContext: number | undefined;
  layers: number;
  vocabulary: number | undefined;
  /** The chat template, in Jinja. */
  template: string | undefined;
  licence: string | undefined;
  /** Keys and values that one token leaves in the context, over all layers. */
  kvValuesPerToken: number;
  /** Tokens that some layers look back at most; they keep less than is estimated. */
  slidingWindow: number | undefined;
}

/** Bytes of a value; the quantized types keep 32 values in a block with their scales (ggml-common.h). */
const bytesPerValue: Record<KvCacheType, number> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

const usualContext = 8192;
const usualSlots = 4;

/** What a model takes while it serves, in bytes. */
export interface MemoryEstimate {
  contextSize: number;
  slots: number;
  weights: number;
  /** Keys and values of all slots with full contexts. */
  context: number;
}

/**
 * Estimates the memory of a model from its header, as `hearth serve` would choose where nothing is said: at most 8192 tokens,
 * four slots. The buffers to compute in come on top, some hundred MiB for a large vocabulary.
 */
export function estimateMemory(
  facts: Pick<ModelFacts, 'kvValuesPerToken' | 'trainedContext'>,
  weights: number,
  wish: { contextSize: number | undefined; parallel: number | undefined; kvCacheType: KvCacheType },
): MemoryEstimate {
  const contextSize = wish.contextSize ?? Math.min(facts.trainedContext ?? usualContext, usualContext);
  const slots = wish.parallel ?? usualSlots;
  const context = Math.ceil(contextSize * slots * facts.kvValuesPerToken * bytesPerValue[wish.kvCacheType]);
  return { contextSize, slots, weights, context };
}
