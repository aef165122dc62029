import type { CharSet } from './char-set.ts';

/**
 * The stretches between the bounds of some character sets, by number: no set tells the characters of a stretch apart.
 * Not the coarsest partition (`partition`), but made without comparing the sets with each other.
 */
export class Intervals {
  /** Where each but the first begins, ascending. */
  readonly #begins: Uint32Array;
  readonly #ascii: Uint8Array;

  constructor(sets: Iterable<CharSet>) {
    const bounds = new Set<number>();
    for (const set of sets) set.forEach((value, side) => bounds.add(value + (side % 2)));
    bounds.delete(0);
    this.#begins = Uint32Array.from(bounds).toSorted();
    this.#ascii = Uint8Array.from({ length: 128 }, (_, codePoint) => this.#search(codePoint));
  }

  /** The number of the stretch that a code point lies in. */
  of(codePoint: number): number {
    return codePoint < 128 ? (this.#ascii[codePoint] ?? 0) : this.#search(codePoint);
  }

  #search(codePoint: number): number {
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] ?? 0) <= codePoint) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
