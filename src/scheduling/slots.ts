import type { Sequence } from './sequence.ts';

/** A place in the engine's batch, and the tokens that the engine remembers for it. */
export interface Slot {
  readonly id: number;
  tokens: number[];
  sequence: Sequence | undefined;
  /** When it was last given to a sequence: a count, not a time. */
  usedAt: number;
}

/** How many tokens both lists begin with. */
function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length += 1;
  return length;
}

/**
 * Chooses the free slot for a prompt: the one that remembers most of its beginning,
 * else one that remembers least of others (an empty one, then the one unused for longest).
 * @returns the slot and the number of its tokens to keep, at most prompt.length − 1: one must be read to be sampled from.
 */
export function chooseSlot(
  slots: readonly Slot[],
  prompt: readonly number[],
): { slot: Slot; keep: number } | undefined {
  let best: { slot: Slot; keep: number } | undefined;
  for (const slot of slots) {
    if (slot.sequence) continue;
    const keep = Math.min(commonPrefix(slot.tokens, prompt), prompt.length - 1);
    if (!best || keep > best.keep || (keep === best.keep && lessMissed(slot, best.slot))) best = { slot, keep };
  }
  return best;
}

function lessMissed(slot: Slot, other: Slot): boolean {
  const empty = Number(slot.tokens.length > 0) - Number(other.tokens.length > 0);
  return empty < 0 || (empty === 0 && slot.usedAt < other.usedAt);
}
