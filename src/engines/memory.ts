import { InferenceError } from '../contract/errors.ts';
import { inBytes, type KvCacheType } from '../contract/memory.ts';

/** What contexts that nobody asked for may take of the memory that is free. */
const SHARE = 0.5;
/** What is left free whatever the user asks for: requests, samplers and the JavaScript heap still grow while serving. */
const RESERVE = 128 * 2 ** 20;
/** Of large memories more is left, because others take and give some of it meanwhile. */
const RESERVED_SHARE = 0.05;
const LONGEST_CONTEXT = 8192;
const FEWEST_SLOTS = 4;
const SHORTEST_CONTEXT = 512;
/** A context takes memory in steps of so many tokens (llama.cpp, GGML_PAD in llama_context). */
const STEP = 256;

/** Bytes of the machine's memory and of the GPU's. */
export interface Amount {
  ram: number;
  vram: number;
}

export interface MemoryWish {
  /** What the user asked for, if anything. */
  contextSize: number | undefined;
  slots: number | undefined;
  trainedContext: number;
  /** Slots to take where memory allows. */
  wantedSlots: number;
  free: Amount;
  /** The container's limit in bytes, where that leaves the least memory. */
  containerLimit: number | undefined;
  kvCacheType: KvCacheType;
  /** How much of the free memory contexts that nobody asked for may take, 0 to 1; half unless given. */
  share?: number;
  /** Smaller types that this model can have. */
  smallerTypes: readonly KvCacheType[];
  /** Bytes that so many tokens in so many slots take. */
  needs(contextSize: number, slots: number, type: KvCacheType): Promise<Amount>;
}

export interface MemoryPlan {
  contextSize: number;
  slots: number;
  needs: Amount;
  /** The rule that chose the size, in words. */
  why: string;
}

/**
 * Chooses context and slots: the user's own numbers as they are; else min(trained, 8192) tokens, halved until four
 * slots fit into half of the free memory (or its share), then as many slots as fit.
 * @throws InferenceError insufficient_memory when that is more than is free less a reserve, with what would fit
 */
export async function planMemory(wish: MemoryWish): Promise<MemoryPlan> {
  const needs = (context: number, slots: number): Promise<Amount> => wish.needs(context, slots, wish.kvCacheType);
  const half = (amount: Amount): boolean =>
    fits(amount, wish.free, (bytes) => Math.min(bytes * (wish.share ?? SHARE), usable(bytes)));
  let contextSize = wish.contextSize ?? Math.min(wish.trainedContext, LONGEST_CONTEXT);
  if (wish.contextSize === undefined) {
    const slots = wish.slots ?? FEWEST_SLOTS;
    while (contextSize / 2 >= SHORTEST_CONTEXT && !half(await needs(contextSize, slots))) {
      contextSize = Math.floor(contextSize / 2);
    }
  }
  let slots = wish.slots ?? wish.wantedSlots;
  if (wish.slots === undefined) while (slots > 1 && !half(await needs(contextSize, slots))) slots -= 1;
  const needed = await needs(contextSize, slots);
  const plan = { contextSize, slots, needs: needed, why: reason(wish, half(needed)) };
  if (!fits(needed, wish.free, usable)) throw await refusal(plan, wish);
  return plan;
}

/** Whether both amounts are within what a rule allows of the free bytes; nothing always fits. */
function fits(needs: Amount, free: Amount, allowed: (freeBytes: number) => number): boolean {
  return (needs.ram === 0 || needs.ram <= allowed(free.ram)) && (needs.vram === 0 || needs.vram <= allowed(free.vram));
}

/** How many of the free bytes an explicit wish may take. */
function usable(freeBytes: number): number {
  return Math.max(0, freeBytes - Math.max(RESERVE, freeBytes * RESERVED_SHARE));
}

function reason(wish: MemoryWish, half: boolean): string {
  const asked = [wish.contextSize, wish.slots].filter((value) => value !== undefined).length;
  if (asked === 2) return 'as asked';
  if (half) return 'half at most';
  return asked === 1 ? 'more than half, as asked' : 'more than half, the least that works';
}

/** The error for a plan that does not fit, with the numbers and what would fit instead. */
async function refusal(plan: MemoryPlan, wish: MemoryWish): Promise<InferenceError> {
  const { contextSize, slots, needs } = plan;
  const gpu = needs.vram > usable(wish.free.vram);
  const [needed, free, where] = gpu ? [needs.vram, wish.free.vram, ' of GPU memory'] : [needs.ram, wish.free.ram, ''];
  const limit = gpu || wish.containerLimit === undefined ? '' : ` (container limit ${inBytes(wish.containerLimit)})`;
  const ways = await whatFits(plan, wish);
  const advice =
    ways.length === 0
      ? 'free some memory or serve a smaller model'
      : `${ways.join(', ').replace(/, ([^,]*)$/, ' or $1')} would fit`;
  return new InferenceError(
    'insufficient_memory',
    `A context of ${slots} × ${contextSize} tokens needs ${inBytes(needed)}${where} beside the model, but of ${inBytes(free)} free${limit} it may take ${inBytes(usable(free))}; ${advice}.`,
  );
}

/** Settings of which each alone makes the plan fit, with some room for what changes until the next start. */
async function whatFits({ contextSize, slots }: MemoryPlan, wish: MemoryWish): Promise<string[]> {
  const fit = async (context: number, count: number, type: KvCacheType = wish.kvCacheType): Promise<boolean> =>
    fits(await wish.needs(context, count, type), wish.free, (free) => usable(free) * 0.98);
  const ways: string[] = [];
  const steps = await most(Math.ceil(contextSize / STEP) - 1, (count) => fit(count * STEP, slots));
  if (steps > 0) ways.push(`--context-size ${steps * STEP}`);
  const fewer = await most(slots - 1, (count) => fit(contextSize, count));
  if (fewer > 0) ways.push(`--parallel ${fewer}`);
  for (const type of wish.smallerTypes) {
    if (!(await fit(contextSize, slots, type))) continue;
    ways.push(`--kv-cache-type ${type}`);
    break;
  }
  return ways;
}

/** The largest number up to `limit` that is good, where every smaller one is good too; 0 for none. */
async function most(limit: number, good: (count: number) => Promise<boolean>): Promise<number> {
  let low = 0;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (await good(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
