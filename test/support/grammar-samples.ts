import type { CharSet } from '../../src/grammar/char-set.ts';
import { type GbnfRules, parseGbnf } from '../../src/grammar/gbnf-parse.ts';

/** Random texts of a grammar, the same for the same seed. */
export class GrammarSamples {
  readonly #grammar: GbnfRules;
  /** By rule and alternative: how many rules deep its shortest text is. */
  readonly #depths: number[][];
  readonly #random: () => number;

  constructor(gbnf: string, seed: number) {
    this.#grammar = parseGbnf(gbnf, 'root');
    this.#depths = depthsOf(this.#grammar);
    this.#random = generator(seed);
  }

  /** @param length about so many elements are chosen freely; then the shortest way to an end is taken */
  text(length: number): string {
    const parts: string[] = [];
    // Elements that are still to be written, the next one last; a stack, because lists are rules that recur.
    const open: (CharSet | number)[] = [this.#grammar.root];
    for (let count = 0; ; count++) {
      const element = open.pop();
      if (element === undefined) return parts.join('');
      if (typeof element === 'number') open.push(...this.#alternative(element, count < length).toReversed());
      else parts.push(String.fromCodePoint(this.#char(element)));
    }
  }

  #alternative(rule: number, free: boolean): readonly (CharSet | number)[] {
    const alternatives = this.#grammar.rules[rule] ?? [];
    const depths = this.#depths[rule] ?? [];
    const possible = alternatives.filter((_, index) => depths[index] !== Infinity);
    const shortest = alternatives[depths.indexOf(Math.min(...depths))] ?? [];
    return free ? (possible[Math.floor(this.#random() * possible.length)] ?? shortest) : shortest;
  }

  /** Ends of ranges come often, because that is where mistakes are; so do the letters that one can read. */
  #char(set: CharSet): number {
    const range = 2 * Math.floor((this.#random() * set.length) / 2);
    const from = set[range] ?? 0;
    const to = set[range + 1] ?? 0;
    const kind = this.#random();
    if (kind < 0.1) return from;
    if (kind < 0.2) return to;
    const end = kind < 0.9 ? Math.max(from, Math.min(to, 0x7e)) : to;
    const code = from + Math.floor(this.#random() * (end - from + 1));
    return code >= 0xd800 && code <= 0xdfff ? from : code;
  }
}

function depthsOf({ rules }: GbnfRules): number[][] {
  const depths = rules.map((rule) => rule.map(() => Infinity));
  const least = (element: CharSet | number): number =>
    typeof element === 'number' ? Math.min(...(depths[element] ?? [Infinity])) : 0;
  for (let changed = true; changed;) {
    changed = false;
    rules.forEach((rule, index) => {
      rule.forEach((sequence, alternative) => {
        const depth = 1 + Math.max(0, ...sequence.map(least));
        const row = depths[index];
        if (row === undefined || depth >= (row[alternative] ?? 0)) return;
        row[alternative] = depth;
        changed = true;
      });
    });
  }
  return depths;
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
