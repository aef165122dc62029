import type { SchemaDocument } from './document.ts';
import { canonical, isObject, pointer } from './json.ts';
import { uniteValues } from './intersect-values.ts';
import { Refusal } from './refusal.ts';
import { ANYTHING, type Conjunction, NOTHING, type ValueSet } from './value-set.ts';

const types: ReadonlyMap<unknown, ValueSet> = new Map<string, ValueSet>([
  ['null', { ...NOTHING, null: true }],
  ['boolean', { ...NOTHING, true: true, false: true }],
  ['number', { ...NOTHING, numbers: ANYTHING.numbers }],
  ['integer', { ...NOTHING, numbers: [{ integer: true }] }],
  ['string', { ...NOTHING, strings: ANYTHING.strings }],
  ['array', { ...NOTHING, arrays: ANYTHING.arrays }],
  ['object', { ...NOTHING, objects: ANYTHING.objects }],
]);

/** @param value what stands at `type` @throws Refusal where it names no type */
export function typeKeyword(value: unknown, at: string): ValueSet {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const sets = names.map((name) => types.get(name));
  if (sets.length === 0 || !sets.every((set) => set !== undefined)) {
    throw new Refusal('type', at, `must be one of ${[...types.keys()].join(', ')}, or a list of them`);
  }
  return uniteValues(sets, at);
}

/** @param values what stands at `enum` @throws Refusal where it is no list */
export function listOfValues(values: unknown, at: string, document: SchemaDocument): ValueSet {
  if (!Array.isArray(values) || values.length === 0)
    throw new Refusal('enum', at, 'must be a list of at least one value');
  const strings = [...new Set(values.filter((value) => typeof value === 'string'))];
  const numbers = [...new Set(values.filter((value) => typeof value === 'number'))];
  const others = values.filter((value) => typeof value !== 'string' && typeof value !== 'number');
  const sets = others.map((value, index) => valuesOfConstant(value, pointer(at, 'enum', index), document));
  return {
    ...uniteValues(sets, at),
    strings: strings.length === 0 ? [] : [{ values: strings, min: 0, max: Infinity }],
    numbers: numbers.length === 0 ? [] : [{ values: numbers }],
  };
}

/** Exactly one value. */
export function valuesOfConstant(value: unknown, at: string, document: SchemaDocument): ValueSet {
  const constant = (part: unknown, key: string | number): Conjunction => [
    document.constant(part, canonical(part), pointer(at, key)),
  ];
  if (value === null) return { ...NOTHING, null: true };
  if (typeof value === 'boolean') return { ...NOTHING, true: value, false: !value };
  if (typeof value === 'number') return { ...NOTHING, numbers: [{ values: [value] }] };
  if (typeof value === 'string') return { ...NOTHING, strings: [{ values: [value], min: 0, max: Infinity }] };
  if (Array.isArray(value)) {
    const { length } = value;
    const prefix = value.map((item: unknown, index) => constant(item, index));
    return { ...NOTHING, arrays: [{ prefix, rest: [], min: length, max: length }] };
  }
  if (!isObject(value)) throw new Refusal('const', at, 'must be a JSON value');
  const names = Object.keys(value);
  return {
    ...NOTHING,
    objects: [
      {
        properties: new Map(names.map((name) => [name, constant(value[name], name)])),
        others: [{ names: undefined, value: [document.nothing] }],
        required: new Set(names),
        min: 0,
        max: Infinity,
      },
    ],
  };
}
