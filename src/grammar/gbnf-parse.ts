import { type CharSet, charSet, complement, EVERY_CHAR } from './char-set.ts';
import { refuseLeftRecursion } from './left-recursion.ts';

// The grammar language of llama.cpp (src/llama-grammar.cpp, llama_grammar_parser), without tokens in angle brackets.

/** A rule's alternatives: each a sequence of character sets and indices of rules. */
export type GbnfRule = readonly (readonly (CharSet | number)[])[];

export interface GbnfRules {
  readonly rules: readonly GbnfRule[];
  /** Index of the rule to begin with. */
  readonly root: number;
}

/** @param root name of the rule to begin with @throws Error where the text is no grammar */
export function parseGbnf(text: string, root: string): GbnfRules {
  const parser = new Parser(text);
  parser.grammar();
  return parser.result(root);
}

const MAX_REPETITION = 2000;
/** Groups within each other. llama.cpp's parser calls itself for each, and a stack that overflows ends the process. */
const MAX_DEPTH = 100;
const escapes: Readonly<Record<string, string>> = {
  t: '\t',
  r: '\r',
  n: '\n',
  '\\': '\\',
  '"': '"',
  '[': '[',
  ']': ']',
  '-': '-',
};

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  readonly #names = new Map<string, number>();
  readonly #rules: (GbnfRule | undefined)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  result(root: string): GbnfRules {
    const index = this.#names.get(root);
    for (const [name, rule] of this.#names) {
      if (this.#rules[rule] === undefined) throw new Error(`The rule ${name} is not defined.`);
    }
    if (index === undefined) throw new Error(`There is no rule ${root}.`);
    const rules = this.#rules.map((rule) => rule ?? []);
    refuseLeftRecursion(rules, this.#names);
    return { rules, root: index };
  }

  grammar(): void {
    this.#space(true);
    while (this.#at < this.#text.length) {
      const index = this.#rule(this.#name());
      this.#space(false);
      this.#expect('::=');
      this.#space(true);
      this.#rules[index] = this.#alternatives(false);
      if (this.#at < this.#text.length && !/[\r\n]/.test(this.#peek())) throw this.#unexpected('the end of the rule');
      this.#space(true);
    }
  }

  #alternatives(nested: boolean): GbnfRule {
    const found = [this.#sequence(nested)];
    while (this.#peek() === '|') {
      this.#at++;
      this.#space(true);
      found.push(this.#sequence(nested));
    }
    return found;
  }

  #sequence(nested: boolean): (CharSet | number)[] {
    const sequence: (CharSet | number)[] = [];
    let last = 0;
    for (;;) {
      const char = this.#peek();
      if (char === '"') {
        last = sequence.length;
        sequence.push(...this.#literal());
      } else if (char === '[') {
        last = sequence.length;
        sequence.push(this.#class());
      } else if (char === '.') {
        last = sequence.length;
        this.#at++;
        sequence.push(EVERY_CHAR);
      } else if (char === '(') {
        last = sequence.length;
        sequence.push(this.#group());
      } else if (/[A-Za-z0-9-]/.test(char)) {
        last = sequence.length;
        sequence.push(this.#rule(this.#name()));
      } else if (/[*+?{]/.test(char)) {
        const [min, max] = this.#counts();
        sequence.push(...this.#repeated(sequence.splice(last), min, max));
        last = sequence.length;
      } else if (char === '<' || char === '!') {
        throw new Error('A grammar is made of characters; tokens in angle brackets are not supported.');
      } else return sequence;
      this.#space(nested);
    }
  }

  #group(): number {
    this.#at++;
    if (++this.#depth > MAX_DEPTH) throw new Error(`Groups are nested more than ${MAX_DEPTH} deep.`);
    this.#space(true);
    const rule = this.#rules.push([]) - 1;
    this.#rules[rule] = this.#alternatives(true);
    this.#expect(')');
    this.#depth--;
    return rule;
  }

  #repeated(part: readonly (CharSet | number)[], min: number, max: number): (CharSet | number)[] {
    const result = Array.from({ length: min }, () => part).flat();
    if (max === Infinity) {
      const rule = this.#rules.push([]) - 1;
      this.#rules[rule] = [[...part, rule], []];
      return [...result, rule];
    }
    let tail: number | undefined;
    for (let count = min; count < max; count++) {
      tail = this.#rules.push([tail === undefined ? part : [...part, tail], []]) - 1;
    }
    return tail === undefined ? result : [...result, tail];
  }

  #counts(): [number, number] {
    const char = this.#peek();
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[char];
    if (simple !== undefined) {
      this.#at++;
      return [simple[0] ?? 0, simple[1] ?? 0];
    }
    const counts = /^\{\s*(\d+)\s*(,\s*(\d*)\s*)?\}/.exec(this.#text.slice(this.#at, this.#at + 40));
    if (counts === null) throw this.#unexpected('a count');
    this.#at += counts[0].length;
    const min = Number(counts[1]);
    const max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3]);
    // llama.cpp takes a greater maximum for none, in silence; no grammar of ours may depend on that.
    if (min > MAX_REPETITION || (max !== Infinity && max > MAX_REPETITION)) {
      throw new Error(`The repetition ${counts[0]} is over ${MAX_REPETITION}.`);
    }
    // llama.cpp takes all memory for one.
    if (max < min) throw new Error(`The repetition ${counts[0]} allows fewer than it asks for.`);
    return [min, max];
  }

  #literal(): CharSet[] {
    const chars: CharSet[] = [];
    this.#at++;
    while (this.#peek() !== '"') {
      const code = this.#char();
      chars.push([code, code]);
    }
    this.#at++;
    return chars;
  }

  #class(): CharSet {
    this.#at++;
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    while (this.#peek() !== ']') {
      const from = this.#char();
      const range = this.#peek() === '-' && this.#text[this.#at + 1] !== ']';
      if (range) this.#at++;
      const to = range ? this.#char() : from;
      if (from <= to) ranges.push([from, to]);
    }
    this.#at++;
    const set = charSet(...ranges);
    return negated ? complement(set) : set;
  }

  #char(): number {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw this.#unexpected('a character');
    this.#at += code > 0xffff ? 2 : 1;
    if (code !== 0x5c) return code;
    const kind = this.#text[this.#at++] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[kind];
    if (digits !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + digits);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits) throw this.#unexpected(`${digits} hexadecimal digits`);
      this.#at += digits;
      return Number.parseInt(hex, 16);
    }
    const char = escapes[kind];
    if (char === undefined) throw this.#unexpected('an escape');
    return char.charCodeAt(0);
  }

  #rule(name: string): number {
    let index = this.#names.get(name);
    if (index === undefined) {
      index = this.#rules.push(undefined) - 1;
      this.#names.set(name, index);
    }
    return index;
  }

  #name(): string {
    const name = /^[A-Za-z0-9-]+/.exec(this.#text.slice(this.#at, this.#at + 200))?.[0];
    if (name === undefined) throw this.#unexpected('a name');
    this.#at += name.length;
    return name;
  }

  #space(lineEnds: boolean): void {
    const blank = lineEnds ? /[ \t\r\n]/ : /[ \t]/;
    for (;;) {
      if (this.#peek() === '#') while (this.#at < this.#text.length && !/[\r\n]/.test(this.#peek())) this.#at++;
      else if (blank.test(this.#peek())) this.#at++;
      else return;
    }
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #expect(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) throw this.#unexpected(JSON.stringify(text));
    this.#at += text.length;
  }

  #unexpected(wanted: string): Error {
    return new Error(
      `Expected ${wanted} in the grammar at ${JSON.stringify(this.#text.slice(this.#at, this.#at + 40))}.`,
    );
  }
}
