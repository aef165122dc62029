import type { GbnfState } from './automaton.ts';
import type { GrammarPosition } from './grammar-position.ts';
import type { TokenTrie } from './token-trie.ts';
import { BETWEEN } from './utf8-prefix.ts';

/** 5,000 masks of a vocabulary of 50,000 tokens. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The tokens that may come next at the places of grammars, remembered for those that were asked for last. */
export class TokenMasks {
  readonly #trie: TokenTrie;
  readonly #most: number;
  /** The one that was used last at the end. */
  readonly #known = new Map<GbnfState, Uint32Array>();

  /** @param mostBytes of masks that are remembered */
  constructor(trie: TokenTrie, mostBytes = MOST_BYTES) {
    this.#trie = trie;
    this.#most = Math.max(1, Math.floor(mostBytes / (4 * trie.words)));
  }

  /** As `TokenTrie.allowed`; not to be changed. @throws Error where the grammar leaves too many choices */
  at(position: GrammarPosition): Uint32Array {
    // Within a character few tokens begin with the right byte, so the walk is short.
    if (position.prefix !== BETWEEN) return this.#trie.allowed(position);
    const { state } = position;
    const mask = this.#known.get(state) ?? this.#trie.allowed(position);
    this.#known.delete(state);
    this.#known.set(state, mask);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
    }
    return mask;
  }
}
