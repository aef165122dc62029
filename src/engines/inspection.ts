import { InferenceError } from '../contract/errors.ts';
import type { Task } from '../contract/model.ts';
import type { LoadOptions } from './engine.ts';
import { planMemory, type MemoryPlan, type MemoryWish } from './memory.ts';

/** Of what is free when the server starts, models may take all but this share, and all but this many bytes. */
const RESERVED_SHARE = 0.1;
const RESERVE = 256 * 2 ** 20;
/** What a context takes at least, where nothing fits. */
const LEAST_CONTEXT = 512;

export interface InspectOptions extends Pick<
  LoadOptions,
  'path' | 'format' | 'device' | 'dtype' | 'contextSize' | 'slots' | 'batchSize' | 'kvCacheType' | 'flashAttention'
> {
  /** Bytes that it may take, weights and contexts together. */
  memory: number;
  /** How much of what is left beside the weights its contexts may take where nobody asked for a size, 0 to 1. */
  share: number;
}

/** What a model's files tell before it is loaded. */
export interface Inspection {
  task: Task;
  /** Bytes that it is expected to take: weights, and the contexts of all slots. */
  bytes: number;
  /** How large its contexts are to be, where that was chosen here. */
  contextSize?: number;
  slots?: number;
}

/** Bytes that all models together may take where nobody says. @param free bytes that are free before any is loaded */
export function budgetOf(free: number): number {
  return Math.max(0, free - Math.max(RESERVE, free * RESERVED_SHARE));
}

/** What is known of a model that shares its memory. */
interface Known {
  trainedContext: number;
  wantedSlots: number;
  /** Bytes of the files. */
  weights: number;
  /** Bytes that the weights take at most, where an engine keeps copies of them in another order. */
  mostWeights: number;
}

/**
 * Chooses the contexts of a model that shares its memory with others, as `planMemory`. What cannot fit is no error here: its
 * least size says how much is missing.
 * @param bytes what so many tokens in so many slots take
 * @returns bytes: the most that it may take, but no more than there is where the least fits
 */
export async function planShared(
  { contextSize, slots, memory, share, kvCacheType }: InspectOptions,
  { trainedContext, wantedSlots, weights, mostWeights }: Known,
  bytes: (contextSize: number, slots: number) => Promise<number>,
): Promise<Required<Omit<Inspection, 'task'>>> {
  const needs: MemoryWish['needs'] = async (context, count) => ({ ram: await bytes(context, count), vram: 0 });
  const free = { ram: Math.max(memory - mostWeights, (memory - weights) / 2, 0), vram: 0 };
  const wish = { contextSize, slots, trainedContext, wantedSlots, free, share, kvCacheType, needs };
  let plan: Pick<MemoryPlan, 'contextSize' | 'slots'>;
  try {
    plan = await planMemory({ ...wish, containerLimit: undefined, smallerTypes: [] });
  } catch (error) {
    if (!(error instanceof InferenceError) || error.code !== 'insufficient_memory') throw error;
    plan = { contextSize: contextSize ?? Math.min(LEAST_CONTEXT, trainedContext), slots: slots ?? 1 };
  }
  const context = await bytes(plan.contextSize, plan.slots);
  return {
    contextSize: plan.contextSize,
    slots: plan.slots,
    bytes: Math.max(weights + context, Math.min(mostWeights + context, memory)),
  };
}
