import { neighbours } from '../../neighbours.ts';
import type { Tensors } from '../thread/session.ts';
import type { KvStore } from './kv-store.ts';

/** How the rows of a batch lie in their tensors. */
export type Padding = 'right' | 'left' | 'alone';

/** A slot's next token. */
export interface Entry {
  slot: number;
  token: number;
}

/** How slots come into the tensors of a run. */
export interface Layout {
  /** On which side of shorter rows there is nothing. */
  readonly padding: 'right' | 'left';
  /** The entries that one run can take together. */
  runs(entries: readonly Entry[]): readonly (readonly Entry[])[];
  /**
   * The caches of a run.
   * @param longest tokens of the longest of these slots
   * @param count tokens that are appended to each
   * @returns tensors by the inputs' and the outputs' names; `keep` makes the slots longer when the run is over
   */
  caches(
    store: KvStore,
    slots: readonly number[],
    longest: number,
    count: number,
  ): { past: Tensors; present: Tensors; keep: () => void };
}

/**
 * Fused attention (GroupQueryAttention) reads and writes the slots where they lie: rows begin at their first token, so those of
 * different lengths are padded on the right, and the mask tells how long each is. Neighbouring slots are one batch.
 */
const inPlace: Layout = {
  padding: 'right',
  runs: (entries) => neighbours(entries),
  caches: (store, slots, _longest, count) => ({
    ...store.rows(slots[0] ?? 0, slots.length),
    keep: () => {
      for (const slot of slots) store.lengths[slot] = store.length(slot) + count;
    },
  }),
};

/**
 * Attention that is not fused makes a new, longer cache in every run. Rows of different lengths are padded on the left, which
 * positions make right.
 */
const gathered: Layout = {
  padding: 'left',
  runs: (entries) => [entries],
  caches: (store, slots, longest, count) => {
    const present = store.blank(slots.length, longest + count);
    return { past: store.gather(slots, longest), present, keep: () => store.append(slots, present, count) };
  },
};

/** Where neither padding is right, each slot runs alone. */
const oneByOne: Layout = { ...gathered, runs: (entries) => entries.map((entry) => [entry]) };

export const layouts: Readonly<Record<Padding, Layout>> = { right: inPlace, left: gathered, alone: oneByOne };
