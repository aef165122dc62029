import { commonPrefix, type CachedPrefix, type PromptCache } from '../contract/tokens.ts';
import type { Sequence } from './sequence.ts';
import { leastMissed, type Slot } from './slots.ts';

/** What a prefix costs in milliseconds, to weigh one way of getting it against another. */
export interface PrefixCosts {
  readMs(tokens: number): number;
  copyMs(length: number): number;
}

/** A free slot for a prompt, and where the beginning of the prompt comes from. */
export interface Placement {
  slot: Slot;
  /** Tokens that the slot has of the prompt already, or will have when they are copied or restored. */
  length: number;
  /** Another slot to copy them from. */
  source?: Slot;
  /** A stored prefix to restore them from. */
  stored?: CachedPrefix;
}

/** Somebody is reading these tokens right now: waiting for them and copying is cheaper than reading them again. */
export interface Wait {
  leader: Sequence;
  length: number;
}

/** A step passes before a waiting request goes on, so less than this is not waited for. */
const WORTH_WAITING = 64;

/**
 * Chooses a free slot for a prompt and the cheapest way to its beginning: what a slot remembers, a copy from another slot,
 * the prompt cache, or the request that is just reading it. At least one token is left to read: it is sampled from.
 * @returns undefined where no slot is free
 */
export function placePrompt(
  prompt: readonly number[],
  slots: readonly Slot[],
  costs: PrefixCosts,
  cache: PromptCache | undefined,
): Placement | Wait | undefined {
  const most = prompt.length - 1;
  const held = slots.map((slot) => Math.min(commonPrefix(slot.tokens, prompt), most));
  const has = (slot: Slot): number => held[slot.id] ?? 0;
  const slot = chooseTarget(slots, has, costs, leastMissed(slots, cache !== undefined));
  if (!slot) return undefined;

  let best: Placement = { slot, length: has(slot) };
  const source = mostOf(slots, has);
  if (source && pays(costs, has(source) - best.length, costs.copyMs(has(source)))) {
    best = { slot, length: has(source), source };
  }
  const stored = cache?.find(prompt);
  const shared = Math.min(stored?.shared ?? 0, most);
  if (stored && pays(costs, shared - best.length, stored.ms)) best = { slot, length: shared, stored };

  const wait = longestComing(prompt, slots);
  const gain = Math.min(wait?.length ?? 0, most) - best.length;
  return wait && gain >= WORTH_WAITING && pays(costs, gain, costs.copyMs(wait.length)) ? wait : best;
}

/** Whether something that takes `ms` is cheaper than reading so many tokens. */
function pays({ readMs }: PrefixCosts, tokens: number, ms: number): boolean {
  return tokens > 0 && ms < readMs(tokens);
}

/**
 * The slot that remembers most of the prompt, where the prompt goes on from what it remembers. Otherwise that slot is another
 * conversation with the same beginning, and stays as it is where the beginning can be copied from it: to an empty slot, where
 * reading what would be lost costs more than the copy; to one that holds a third conversation, where more than half would be lost.
 */
function chooseTarget(
  slots: readonly Slot[],
  has: (slot: Slot) => number,
  costs: PrefixCosts,
  spare: Slot | undefined,
): Slot | undefined {
  const free = slots.filter(({ sequence }) => !sequence);
  const nearest = mostOf(free, has);
  if (!spare || !nearest || has(nearest) === has(spare)) return spare;
  const lost = nearest.tokens.length - has(nearest);
  const continues =
    spare.tokens.length === 0
      ? !pays(costs, lost, costs.copyMs(has(nearest)))
      : has(nearest) * 2 >= nearest.tokens.length;
  const copies = pays(costs, has(nearest) - has(spare), costs.copyMs(has(nearest)));
  return continues || !copies ? nearest : spare;
}

function mostOf(slots: readonly Slot[], has: (slot: Slot) => number): Slot | undefined {
  let best: Slot | undefined;
  for (const slot of slots) if (has(slot) > (best ? has(best) : 0)) best = slot;
  return best;
}

function longestComing(prompt: readonly number[], slots: readonly Slot[]): Wait | undefined {
  let best: Wait | undefined;
  for (const { sequence } of slots) {
    if (!sequence?.reading()) continue;
    const length = commonPrefix(sequence.request.prompt, prompt);
    if (length > (best?.length ?? 0)) best = { leader: sequence, length };
  }
  return best;
}
