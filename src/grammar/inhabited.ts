import { type Arrays, type Conjunction, keyOfConjunction, type Objects, valueOf, type ValueSet } from './value-set.ts';

type Ask = (nodes: Conjunction) => boolean;

/** Whether the set holds a value, given which of the conjunctions in it do. A part that no grammar can hold counts as one. */
export function hasValue(set: ValueSet, ask: Ask): boolean {
  if (set.null || set.true || set.false || set.numbers.length > 0 || set.strings.length > 0) return true;
  return set.arrays.some((arrays) => hasArray(arrays, ask)) || set.objects.some((objects) => hasObject(objects, ask));
}

function hasArray({ prefix, rest, min }: Arrays, ask: Ask): boolean {
  return prefix.slice(0, min).every(ask) && (min <= prefix.length || ask(rest));
}

function hasObject(objects: Objects, ask: Ask): boolean {
  const { properties, others, required, min } = objects;
  for (const name of required) if (!ask(valueOf(objects, name))) return false;
  if (required.size >= min) return true;
  // Names beyond the declared ones are taken to be as many as one likes: at worst a set seems to have values that has none.
  if (others.some(({ value }) => ask(value))) return true;
  let possible = 0;
  for (const value of properties.values()) if (ask(value)) possible++;
  return possible >= min;
}

/** The least answer that holds for schemas which contain each other: a value needs an end. */
export class Inhabitation {
  readonly #answers = new Map<string, boolean>();
  readonly #open = new Set<string>();
  #assumed = 0;

  /** @param expand the values that a conjunction allows, one level deep */
  ask(nodes: Conjunction, expand: (nodes: Conjunction) => ValueSet): boolean {
    if (nodes.length === 0) return true;
    const key = keyOfConjunction(nodes);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if (this.#open.has(key)) {
      this.#assumed++;
      return false;
    }
    const before = this.#assumed;
    this.#open.add(key);
    const answer = hasValue(expand(nodes), (inner) => this.ask(inner, expand));
    this.#open.delete(key);
    // A "no" that rests on an open question is certain only when none is open.
    if (answer || this.#assumed === before || this.#open.size === 0) this.#answers.set(key, answer);
    return answer;
  }
}
