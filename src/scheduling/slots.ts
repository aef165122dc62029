import type { Sequence } from './sequence.ts';

/** A place in the engine's batch, and the tokens that the engine remembers for it. */
export interface Slot {
  readonly id: number;
  tokens: number[];
  sequence: Sequence | undefined;
  /** When it was last given to a sequence: a count, not a time. */
  usedAt: number;
}

/** The slot whose loss is smallest: an empty one, then the one unused for longest. */
export function leastMissed(slots: readonly Slot[]): Slot | undefined {
  let best = slots[0];
  for (const slot of slots) if (best && lessMissed(slot, best)) best = slot;
  return best;
}

function lessMissed(slot: Slot, other: Slot): boolean {
  const empty = Number(slot.tokens.length > 0) - Number(other.tokens.length > 0);
  return empty < 0 || (empty === 0 && slot.usedAt < other.usedAt);
}
