import type { Expander } from './expand.ts';
import { repeat } from './gbnf-text.ts';
import { sharedRules } from './json-rules.ts';
import { MAX_GRAMMAR_CHARACTERS, MAX_REPETITION, MAX_RULES } from './limits.ts';
import { Refusal } from './refusal.ts';
import { type Alternative, type Conjunction, keyOfConjunction, type ValueSet } from './value-set.ts';
import { writeArray } from './write-array.ts';
import type { RuleSink } from './write-language.ts';
import { writeNumbers, writeStrings } from './write-literals.ts';
import { writeObject } from './write-object.ts';

/** Writes the rules of one schema. */
export class GrammarWriter implements RuleSink {
  readonly expander: Expander;
  readonly #prefix: string;
  readonly #rules = new Map<string, string>();
  /** Names of rules that are written or being written, by what they stand for. */
  readonly #names = new Map<string, string>();
  readonly #written = new Map<string, string | undefined>();
  readonly #waiting: { name: string; nodes: Conjunction }[] = [];
  #characters = 0;

  /** @param prefix begins every rule's name */
  constructor(expander: Expander, prefix: string) {
    this.expander = expander;
    this.#prefix = prefix;
  }

  /**
   * Writes a conjunction and all below it, stopping after each of the larger rules.
   * @returns the rules, the first for the conjunction itself
   * @throws Refusal
   */
  *write(nodes: Conjunction): Generator<undefined, string[]> {
    this.#rules.set(this.#prefix, '');
    this.#names.set(keyOfConjunction(nodes), this.#prefix);
    this.#waiting.push({ name: this.#prefix, nodes });
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.complete(next.name, this.#alternatives(next.nodes));
      yield;
    }
    const own = [...this.#rules].map(([name, body]) => `${name} ::= ${body}`);
    return [...own, ...sharedRules(own.join('\n'))];
  }

  /** The rule of a conjunction, written now or later. */
  rule(nodes: Conjunction): string {
    if (nodes.length === 0) return 'json-value';
    const key = keyOfConjunction(nodes);
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.reserve();
      this.#names.set(key, name);
      this.#waiting.push({ name, nodes });
    }
    return name;
  }

  reserve(): string {
    if (this.#rules.size >= MAX_RULES)
      throw new Refusal('schema', '#', `needs a grammar of more than ${MAX_RULES} rules`);
    this.expander.spend(3);
    const name = `${this.#prefix}-${this.#rules.size}`;
    this.#rules.set(name, '');
    return name;
  }

  complete(name: string, body: string): void {
    this.#rules.set(name, body);
    this.#characters += body.length;
    if (this.#characters > MAX_GRAMMAR_CHARACTERS) {
      throw new Refusal('schema', '#', `needs a grammar of more than ${MAX_GRAMMAR_CHARACTERS} characters`);
    }
  }

  /** A rule with this body; equal bodies share one. */
  define(body: string): string {
    const known = this.#names.get(`=${body}`);
    if (known !== undefined) return known;
    const name = this.reserve();
    this.#names.set(`=${body}`, name);
    this.complete(name, body);
    return name;
  }

  /** The rule that was written before under this key, or is written now; undefined where there is nothing to write. */
  once(key: string, write: () => string | undefined): string | undefined {
    if (!this.#written.has(key)) {
      const body = write();
      this.#written.set(key, body === undefined ? undefined : this.define(body));
    }
    return this.#written.get(key);
  }

  /** @throws Refusal where a count is too large for a grammar */
  repeat(rule: string, min: number, max: number, keywords: readonly [string, string], at: string): string {
    if (min > MAX_REPETITION) throw new Refusal(keywords[0], at, `must be at most ${MAX_REPETITION}`);
    if (max > MAX_REPETITION && max !== Infinity) {
      throw new Refusal(keywords[1], at, `must be at most ${MAX_REPETITION}, or left out`);
    }
    return repeat(rule, min, max, (body) => this.define(body));
  }

  #alternatives(nodes: Conjunction): string {
    const at = nodes[0]?.at ?? '#';
    const set = this.expander.ofAll(nodes);
    const found = this.#write(set, at);
    if (found.length === 0) throw new Refusal('schema', at, 'allows no value at all');
    return found.join(' | ');
  }

  #write(set: ValueSet, at: string): string[] {
    const words = [set.null ? '"null"' : '', set.true ? '"true"' : '', set.false ? '"false"' : ''];
    return [
      ...set.objects.map((objects) => writeObject(allowed(objects), at, this)),
      ...set.arrays.map((arrays) => writeArray(allowed(arrays), at, this)),
      ...set.strings.map((strings) => writeStrings(allowed(strings), at, this)),
      ...set.numbers.map((numbers) => writeNumbers(allowed(numbers), at, this)),
      ...words,
    ].filter((expression) => expression !== undefined && expression !== '') as string[];
  }
}

function allowed<T extends Alternative>(alternative: T): T {
  if (alternative.refusal !== undefined) throw alternative.refusal;
  return alternative;
}
