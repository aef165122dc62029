import { everyString, finiteLanguage, isEmpty, TooManyStates, without } from './dfa.ts';
import { literal } from './gbnf-text.ts';
import { Refusal } from './refusal.ts';
import { type NameClass, type Objects, valueOf } from './value-set.ts';
import type { GrammarWriter } from './write.ts';
import { jsonSpelling, writeLanguage } from './write-language.ts';

const NEXT = '"," json-space';

interface Member {
  readonly pair: string;
  readonly required: boolean;
}

/**
 * An expression for the objects; undefined where there is none. Members stand in the order of the properties, any of the
 * optional ones left out, and undeclared names after them.
 * @throws Refusal
 */
export function writeObject(objects: Objects, at: string, writer: GrammarWriter): string | undefined {
  const members: Member[] = [];
  // Names that are required but not declared stand behind the declared ones.
  const names = new Set([...objects.properties.keys(), ...objects.required]);
  for (const name of names) {
    const value = valueOf(objects, name);
    const required = objects.required.has(name);
    if (!writer.expander.inhabited(value)) {
      if (required) return undefined;
      continue;
    }
    members.push({ pair: `${literal(`${JSON.stringify(name)}:`)} json-space ${writer.rule(value)}`, required });
  }
  const others = objects.others
    .filter(({ value }) => writer.expander.inhabited(value))
    .flatMap((nameClass) => otherMembers(nameClass, [...names], at, writer) ?? []);
  const other = others.length === 0 ? undefined : writer.define(others.join(' | '));
  const { required, max } = objects;
  const min = objects.min <= required.size ? 0 : objects.min;
  // An undeclared name may be written twice, and counts once.
  if (other !== undefined && min > required.size + 1) {
    throw new Refusal('minProperties', at, 'cannot be held where names are free: a name could be written twice');
  }
  return new Members(members, other, min, max, at, writer).write();
}

/** The pairs of one class of undeclared names; undefined where there are none. */
function otherMembers(
  { names, value }: NameClass,
  declared: readonly string[],
  at: string,
  writer: GrammarWriter,
): string | undefined {
  const rest = `":" json-space ${writer.rule(value)}`;
  if (names === undefined && declared.length === 0) return `json-string ${rest}`;
  try {
    const key = `names ${names?.id} ${JSON.stringify(declared)}`;
    const name = writer.once(key, () => {
      const language = without(names ?? everyString, finiteLanguage(declared));
      return isEmpty(language) ? undefined : String.raw`"\"" ${writeLanguage(language, jsonSpelling, writer)}`;
    });
    return name === undefined ? undefined : `${name} ${rest}`;
  } catch (error) {
    if (!(error instanceof TooManyStates)) throw error;
    throw new Refusal('additionalProperties', at, 'must be false where so many or so long names are declared');
  }
}

/**
 * The members from each place on, in two forms: `first` begins with a member, `next` with a comma or nothing. The rules
 * share their tails, so an object of n properties takes about 2 n of them (times the count, where that is limited).
 */
class Members {
  readonly #members: readonly Member[];
  readonly #other: string | undefined;
  readonly #min: number;
  readonly #max: number;
  readonly #at: string;
  readonly #writer: GrammarWriter;
  /** The place behind the last required member. */
  readonly #optionalFrom: number;

  constructor(
    members: readonly Member[],
    other: string | undefined,
    min: number,
    max: number,
    at: string,
    writer: GrammarWriter,
  ) {
    this.#members = members;
    this.#other = other;
    this.#min = min;
    this.#max = max;
    this.#at = at;
    this.#writer = writer;
    this.#optionalFrom = members.findLastIndex(({ required }) => required) + 1;
  }

  write(): string | undefined {
    const counts = this.#countsUpTo();
    const { length } = this.#members;
    this.#writer.expander.spend(length * counts);
    // By count: what may follow after so many members, written from the last place to the first.
    let next: (string | undefined)[] = [];
    let first: (string | undefined)[] = [];
    for (let index = length; index >= 0; index--) {
      const laterFirst = first;
      const laterNext = next;
      const here = Array.from({ length: counts + 1 }, (_, count) =>
        this.#first(index, count, laterFirst, laterNext, counts),
      );
      first = here;
      next = here.map((begin, count) => this.#next(index, count, begin));
    }
    const empty = this.#mayEnd(0, 0);
    const begin = first[0];
    if (begin === undefined) return empty ? '"{}"' : undefined;
    return empty ? `"{" ${begin}? "}"` : `"{" ${begin} "}"`;
  }

  /** Counts above it make no difference. */
  #countsUpTo(): number {
    return Math.max(this.#min, this.#max === Infinity ? 0 : this.#max);
  }

  #mayEnd(index: number, count: number): boolean {
    return count >= this.#min && index >= this.#optionalFrom;
  }

  /** Members from `index` on, at least one. */
  #first(
    index: number,
    count: number,
    laterFirst: readonly (string | undefined)[],
    laterNext: readonly (string | undefined)[],
    counts: number,
  ): string | undefined {
    if (count >= this.#max) return undefined;
    const after = Math.min(count + 1, counts);
    const member = this.#members[index];
    if (member === undefined) return this.#others(count, after);
    const rest = laterNext[after];
    const taken = rest === undefined ? undefined : `${member.pair} ${rest}`.trim();
    const passed = member.required ? undefined : laterFirst[count];
    const alternatives = [taken, passed].filter((expression) => expression !== undefined);
    return alternatives.length === 0 ? undefined : this.#writer.define(alternatives.join(' | '));
  }

  /** Members behind one, from `index` on: an expression that may be empty text, or undefined where there is no way to end. */
  #next(index: number, count: number, begin: string | undefined): string | undefined {
    const end = this.#mayEnd(index, count);
    if (begin === undefined) return end ? '' : undefined;
    const more = `${NEXT} ${begin}`;
    return end ? `${this.#writer.define(more)}?` : more;
  }

  #others(count: number, after: number): string | undefined {
    const other = this.#other;
    if (other === undefined || after < this.#min) return undefined;
    const more = this.#writer.define(`${NEXT} ${other}`);
    if (this.#max === Infinity) return this.#writer.define(`${other} ${more}*`);
    const keywords = ['minProperties', 'maxProperties'] as const;
    const rest = this.#writer.repeat(more, 0, this.#max - count - 1, keywords, this.#at);
    return this.#writer.define(`${other} ${rest}`.trim());
  }
}
