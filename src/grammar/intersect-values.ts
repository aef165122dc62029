import { keyOfArrays, keyOfNumbers, keyOfObjects, keyOfStrings } from './alternative-keys.ts';
import { accepts, both, type Dfa, isEmpty, TooManyStates } from './dfa.ts';
import { codePoints } from './json.ts';
import { MAX_ALTERNATIVES } from './limits.ts';
import { Refusal } from './refusal.ts';
import {
  type Alternative,
  type Arrays,
  type Bound,
  type Conjunction,
  joinConjunctions,
  type NameClass,
  type Numbers,
  type Objects,
  type Strings,
  valueOf,
  type ValueSet,
} from './value-set.ts';

/** Values in both. @param at the place to name where there are too many alternatives @throws Refusal */
export function intersectValues(a: ValueSet, b: ValueSet, at: string): ValueSet {
  return {
    null: a.null && b.null,
    true: a.true && b.true,
    false: a.false && b.false,
    numbers: products(a.numbers, b.numbers, intersectNumbers, keyOfNumbers, at),
    strings: products(a.strings, b.strings, (x, y) => intersectStrings(x, y, at), keyOfStrings, at),
    arrays: products(a.arrays, b.arrays, intersectArrays, keyOfArrays, at),
    objects: products(a.objects, b.objects, (x, y) => intersectObjects(x, y, at), keyOfObjects, at),
  };
}

/** Values in any of them. @param at the place to name where there are too many alternatives @throws Refusal */
export function uniteValues(sets: readonly ValueSet[], at: string): ValueSet {
  return {
    null: sets.some((set) => set.null),
    true: sets.some((set) => set.true),
    false: sets.some((set) => set.false),
    numbers: distinct(
      sets.flatMap((set) => set.numbers),
      keyOfNumbers,
      at,
    ),
    strings: uniteStrings(
      distinct(
        sets.flatMap((set) => set.strings),
        keyOfStrings,
        at,
      ),
    ),
    arrays: distinct(
      sets.flatMap((set) => set.arrays),
      keyOfArrays,
      at,
    ),
    objects: distinct(
      sets.flatMap((set) => set.objects),
      keyOfObjects,
      at,
    ),
  };
}

function products<T extends Alternative>(
  a: readonly T[],
  b: readonly T[],
  intersect: (x: T, y: T) => T | undefined,
  keyOf: (alternative: T) => string,
  at: string,
): readonly T[] {
  if (a === b || b.some((alternative) => keyOf(alternative) === '')) return a;
  if (a.some((alternative) => keyOf(alternative) === '')) return b;
  if (a.length * b.length > MAX_ALTERNATIVES * 4) throw tooMany(at);
  const found = a.flatMap((x) => b.map((y) => intersect(x, y)));
  return distinct(
    found.filter((alternative) => alternative !== undefined),
    keyOf,
    at,
  );
}

/** One alternative that allows everything makes the others needless. */
function distinct<T extends Alternative>(
  all: readonly T[],
  keyOf: (alternative: T) => string,
  at: string,
): readonly T[] {
  if (all.length < 2) return all;
  const byKey = new Map(all.map((alternative) => [keyOf(alternative), alternative]));
  const everything = byKey.get('');
  if (everything !== undefined) return [everything];
  if (byKey.size > MAX_ALTERNATIVES) throw tooMany(at);
  return [...byKey.values()];
}

const tooMany = (at: string): Refusal =>
  new Refusal(
    'schema',
    at,
    `comes to more than ${MAX_ALTERNATIVES} alternatives when its anyOf, oneOf and allOf are multiplied out`,
  );

/** Lists of values become one list, so that a long enum written as anyOf of const stays one alternative. */
function uniteStrings(all: readonly Strings[]): readonly Strings[] {
  const listed = all.filter(({ values }) => values !== undefined);
  if (listed.length < 2) return all;
  const values = [...new Set(listed.flatMap((strings) => strings.values ?? []))];
  return [{ min: 0, max: Infinity, values }, ...all.filter((strings) => strings.values === undefined)];
}

function intersectNumbers(a: Numbers, b: Numbers): Numbers | undefined {
  const refusal = a.refusal ?? b.refusal;
  const values =
    a.values?.filter((value) => allowsNumber(b, value)) ?? b.values?.filter((value) => allowsNumber(a, value));
  if (values !== undefined) return values.length === 0 ? undefined : { values, refusal };
  const min = tighter(a.min, b.min, (x, y) => x > y);
  const max = tighter(a.max, b.max, (x, y) => x < y);
  if (min !== undefined && max !== undefined) {
    if (min.value > max.value || (min.value === max.value && (min.exclusive || max.exclusive))) return undefined;
  }
  return {
    refusal,
    min,
    max,
    integer: a.integer === true || b.integer === true,
    divisor: leastCommonMultiple(a.divisor, b.divisor),
  };
}

function allowsNumber({ values, integer, min, max, divisor }: Numbers, value: number): boolean {
  if (values !== undefined) return values.includes(value);
  if (integer === true && !Number.isInteger(value)) return false;
  if (min !== undefined && (min.exclusive ? value <= min.value : value < min.value)) return false;
  if (max !== undefined && (max.exclusive ? value >= max.value : value > max.value)) return false;
  return divisor === undefined || value % divisor === 0;
}

function tighter(
  a: Bound | undefined,
  b: Bound | undefined,
  beats: (x: number, y: number) => boolean,
): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.value === b.value) return a.exclusive ? a : b;
  return beats(a.value, b.value) ? a : b;
}

function leastCommonMultiple(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function intersectStrings(a: Strings, b: Strings, at: string): Strings | undefined {
  const refusal = a.refusal ?? b.refusal;
  const values =
    a.values?.filter((value) => allowsString(b, value)) ?? b.values?.filter((value) => allowsString(a, value));
  if (values !== undefined) return values.length === 0 ? undefined : { values, refusal, min: 0, max: Infinity };
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  if (min > max) return undefined;
  const language = intersectLanguages(a.language, b.language, at);
  if (language !== undefined && isEmpty(language)) return undefined;
  return { refusal, min, max, language };
}

function allowsString({ values, language, min, max }: Strings, value: string): boolean {
  if (values !== undefined) return values.includes(value);
  const length = codePoints(value);
  return length >= min && length <= max && (language === undefined || accepts(language, value));
}

const known = new WeakMap<Dfa, WeakMap<Dfa, Dfa>>();

/** @throws Refusal where the result has too many states */
export function intersectLanguages(a: Dfa | undefined, b: Dfa | undefined, at: string): Dfa | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const before = known.get(a)?.get(b);
  if (before !== undefined) return before;
  const result = withStates('pattern', at, () => both(a, b));
  known.set(a, (known.get(a) ?? new WeakMap<Dfa, Dfa>()).set(b, result));
  return result;
}

/** @throws Refusal of the keyword where the automaton gets too large */
export function withStates<T>(keyword: string, at: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TooManyStates) throw new Refusal(keyword, at, `needs ${error.message} to be told apart`);
    throw error;
  }
}

function intersectArrays(a: Arrays, b: Arrays): Arrays | undefined {
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  if (min > max) return undefined;
  const length = Math.max(a.prefix.length, b.prefix.length);
  const prefix = Array.from({ length }, (_, index) =>
    joinConjunctions(a.prefix[index] ?? a.rest, b.prefix[index] ?? b.rest),
  );
  return { refusal: a.refusal ?? b.refusal, min, max, prefix, rest: joinConjunctions(a.rest, b.rest) };
}

function intersectObjects(a: Objects, b: Objects, at: string): Objects | undefined {
  const min = Math.max(a.min, b.min);
  const max = Math.min(a.max, b.max);
  const required = new Set([...a.required, ...b.required]);
  if (min > max || required.size > max) return undefined;
  const properties = new Map<string, Conjunction>();
  for (const name of new Set([...a.properties.keys(), ...b.properties.keys()])) {
    properties.set(name, joinConjunctions(valueOf(a, name), valueOf(b, name)));
  }
  const others: NameClass[] = [];
  for (const x of a.others) {
    for (const y of b.others) {
      const names = intersectLanguages(x.names, y.names, at);
      if (names === undefined || !isEmpty(names)) others.push({ names, value: joinConjunctions(x.value, y.value) });
    }
  }
  return { refusal: a.refusal ?? b.refusal, min, max, required, properties, others };
}
