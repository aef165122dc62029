import type { SlotState } from '../contract/text.ts';
import type { Sequence } from './sequence.ts';

/** A place in the engine's batch, and the tokens that the engine remembers for it. */
export interface Slot {
  readonly id: number;
  tokens: number[];
  sequence: Sequence | undefined;
  /** When it was last given to a sequence: a count, not a time. */
  usedAt: number;
}

/** What a slot is doing right now; a sequence that nobody wants any more no longer counts. */
export function slotState({ id, tokens, sequence }: Slot): SlotState {
  const busy = sequence !== undefined && !sequence.dropped;
  return {
    id,
    busy,
    heldTokens: tokens.length,
    promptTokens: busy ? sequence.request.prompt.length : 0,
    cachedTokens: busy ? sequence.cached : 0,
    readTokens: busy ? sequence.read : 0,
    completionTokens: busy ? sequence.generated : 0,
    maxTokens: busy ? sequence.request.maxTokens : 0,
  };
}

/** Losing fewer tokens than this costs less than what steps gain from slots that lie together. */
const WORTH_KEEPING = 256;
/** The same where a prompt cache takes what leaves a slot: to store and to restore it costs tens of milliseconds. */
const WORTH_KEEPING_CACHED = 2048;

/**
 * The free slot whose loss is smallest: of those with little in them the one nearest to the slots at work (llama.cpp decodes
 * neighbours in one batch), an empty one first; else the one unused for longest.
 * @param cached whether a prompt cache takes what leaves a slot
 */
export function leastMissed(slots: readonly Slot[], cached = false): Slot | undefined {
  const worthKeeping = cached ? WORTH_KEEPING_CACHED : WORTH_KEEPING;
  const working = slots.filter(({ sequence }) => sequence).map(({ id }) => id);
  const first = Math.min(...working);
  const last = Math.max(...working);
  const rank = ({ id, tokens, usedAt }: Slot): number[] => {
    const keep = tokens.length >= worthKeeping;
    const beyond = working.length === 0 ? 0 : Math.max(0, first - id, id - last);
    return [Number(keep), keep ? 0 : beyond, Number(tokens.length > 0), usedAt];
  };
  const free = slots.filter(({ sequence }) => !sequence);
  let best = free[0];
  for (const slot of free) if (best && isLess(rank(slot), rank(best))) best = slot;
  return best;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
