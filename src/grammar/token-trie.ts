import type { GbnfState } from './automaton.ts';
import { type GrammarPosition, stateBehind } from './grammar-position.ts';
import { BETWEEN, bytesToCome, extend, MALFORMED } from './utf8-prefix.ts';

/**
 * The texts of a vocabulary's tokens as a tree of bytes, so that what tokens begin with alike is matched once. The nodes lie
 * in the order of a walk through them; texts without bytes are not in it.
 */
export class TokenTrie {
  readonly #byte: Uint8Array;
  /** How many bytes come before the node's own. */
  readonly #depth: Uint16Array;
  /** The first node that is not below this one. */
  readonly #next: Uint32Array;
  /** Where the tokens begin in `#ids` that end with each node; one more than there are nodes. */
  readonly #ends: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #size: number;
  readonly #longest: number;

  /** @param textOf the bytes of token `id`; none keeps it out. @param size tokens of the vocabulary */
  constructor(size: number, textOf: (id: number) => Uint8Array) {
    const texts = Array.from({ length: size }, (_, id) => ({ id, text: textOf(id) }))
      .filter(({ text }) => text.length > 0)
      .toSorted((a, b) => compareBytes(a.text, b.text));
    const nodes = texts.reduce((sum, { text }, at) => sum + text.length - commonBytes(text, texts[at - 1]?.text), 0);
    this.#size = size;
    this.#longest = texts.reduce((longest, { text }) => Math.max(longest, text.length), 0);
    this.#byte = new Uint8Array(nodes);
    this.#depth = new Uint16Array(nodes);
    this.#next = new Uint32Array(nodes);
    this.#ends = new Uint32Array(nodes + 1);
    this.#ids = Uint32Array.from(texts, ({ id }) => id);
    this.#build(texts.map(({ text }) => text));
  }

  /** Words of 32 bits of a set of tokens. */
  get words(): number {
    return Math.ceil(this.#size / 32);
  }

  /**
   * The tokens that may come next.
   * @returns a bit for each token, the first in the lowest bit of the first word
   * @throws Error where the grammar leaves too many choices
   */
  allowed({ state, prefix }: GrammarPosition): Uint32Array {
    const mask = new Uint32Array(this.words);
    const states: GbnfState[] = Array.from({ length: this.#longest + 1 }, () => state);
    const prefixes = new Int32Array(this.#longest + 1);
    prefixes[0] = prefix;
    for (let node = 0; node < this.#byte.length;) {
      const depth = this.#depth[node] ?? 0;
      const before = states[depth] ?? state;
      const byte = this.#byte[node] ?? 0;
      let grown = prefixes[depth] ?? BETWEEN;
      let after: GbnfState | undefined;
      // Nearly every byte is a character of its own.
      if (grown === BETWEEN && byte < 0x80) after = before.advance(byte);
      else {
        grown = extend(grown, byte);
        if (grown !== MALFORMED) after = stateBehind(before, grown);
        if (bytesToCome(grown) === 0) grown = BETWEEN;
      }
      if (after === undefined) {
        node = this.#next[node] ?? Infinity;
        continue;
      }
      states[depth + 1] = after;
      prefixes[depth + 1] = grown;
      const end = this.#ends[node + 1] ?? 0;
      for (let at = this.#ends[node] ?? 0; at < end; at += 1) {
        const id = this.#ids[at] ?? 0;
        mask[id >> 5] = (mask[id >> 5] ?? 0) | (1 << (id & 31));
      }
      node += 1;
    }
    return mask;
  }

  /** @param texts in ascending order */
  #build(texts: readonly Uint8Array[]): void {
    // The nodes from the root to the last one.
    const way: number[] = [];
    let node = 0;
    // A text that is the beginning of others comes before them, so its tokens follow those of the node before its last one.
    texts.forEach((text, index) => {
      const shared = commonBytes(text, texts[index - 1]);
      for (const left of way.splice(shared)) this.#next[left] = node;
      for (let depth = shared; depth < text.length; depth += 1) {
        this.#byte[node] = text[depth] ?? 0;
        this.#depth[node] = depth;
        this.#ends[node] = index;
        way.push(node);
        node += 1;
      }
    });
    for (const left of way) this.#next[left] = node;
    this.#ends[node] = texts.length;
  }
}

/** How many bytes both begin with. */
function commonBytes(a: Uint8Array, b: Uint8Array = new Uint8Array()): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length += 1;
  return length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = commonBytes(a, b);
  // A byte is more than the end of a text.
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}
