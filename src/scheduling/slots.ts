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

/**
 * The slot whose loss is smallest: in the group with the fewest at work an empty one, then the one unused for longest.
 * @param free slots to choose from
 * @param all slots there are
 * @param groups slots whose numbers differ by a multiple of this share a batch
 */
export function leastMissed(free: readonly Slot[], all: readonly Slot[], groups: number): Slot | undefined {
  const crowd = Array.from({ length: groups }, () => 0);
  for (const { id, sequence } of all) if (sequence) crowd[id % groups] = (crowd[id % groups] ?? 0) + 1;
  const rank = ({ id, tokens, usedAt }: Slot): number[] => [
    crowd[id % groups] ?? 0,
    Math.min(tokens.length, 1),
    usedAt,
  ];
  let best = free[0];
  for (const slot of free) if (best && isLess(rank(slot), rank(best))) best = slot;
  return best;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
