import type { SchemaNode } from './document.ts';
import { accepts, type Dfa } from './dfa.ts';
import type { Refusal } from './refusal.ts';

/** All of these nodes at once; ascending by id, none twice, none that allows everything. */
export type Conjunction = readonly SchemaNode[];

/** What every alternative may carry: a demand that no grammar holds. It counts only if the alternative is written down. */
export interface Alternative {
  readonly refusal?: Refusal | undefined;
}

export interface Bound {
  readonly value: number;
  /** Whether the value itself is out. */
  readonly exclusive: boolean;
}

export interface Numbers extends Alternative {
  /** Exactly these; the rest of the fields is then already applied. */
  readonly values?: readonly number[] | undefined;
  readonly integer?: boolean | undefined;
  readonly min?: Bound | undefined;
  readonly max?: Bound | undefined;
  /** Integers that divide the number; every one of them does. */
  readonly divisor?: number | undefined;
}

export interface Strings extends Alternative {
  /** Exactly these; the rest of the fields is then already applied. */
  readonly values?: readonly string[] | undefined;
  readonly language?: Dfa | undefined;
  /** In code points. */
  readonly min: number;
  readonly max: number;
}

export interface Arrays extends Alternative {
  readonly prefix: readonly Conjunction[];
  readonly rest: Conjunction;
  readonly min: number;
  readonly max: number;
}

/** Names that the object does not declare, and what stands behind them. */
export interface NameClass {
  /** undefined: every name. */
  readonly names: Dfa | undefined;
  readonly value: Conjunction;
}

export interface Objects extends Alternative {
  /** In the order in which they are written. */
  readonly properties: ReadonlyMap<string, Conjunction>;
  /** Disjoint, and together every name; declared names are left out when they are written. */
  readonly others: readonly NameClass[];
  readonly required: ReadonlySet<string>;
  readonly min: number;
  readonly max: number;
}

/** A set of JSON values: what any of the alternatives of its type allows. */
export interface ValueSet {
  readonly null: boolean;
  readonly true: boolean;
  readonly false: boolean;
  readonly numbers: readonly Numbers[];
  readonly strings: readonly Strings[];
  readonly arrays: readonly Arrays[];
  readonly objects: readonly Objects[];
}

const ANY_NUMBER: Numbers = {};
const ANY_STRING: Strings = { min: 0, max: Infinity };
const ANY_ARRAY: Arrays = { prefix: [], rest: [], min: 0, max: Infinity };
const ANY_OBJECT: Objects = {
  properties: new Map(),
  others: [{ names: undefined, value: [] }],
  required: new Set(),
  min: 0,
  max: Infinity,
};

export const NOTHING: ValueSet = {
  null: false,
  true: false,
  false: false,
  numbers: [],
  strings: [],
  arrays: [],
  objects: [],
};

export const ANYTHING: ValueSet = {
  null: true,
  true: true,
  false: true,
  numbers: [ANY_NUMBER],
  strings: [ANY_STRING],
  arrays: [ANY_ARRAY],
  objects: [ANY_OBJECT],
};

export function isNothing(set: ValueSet): boolean {
  const lists = [set.numbers, set.strings, set.arrays, set.objects];
  return !set.null && !set.true && !set.false && lists.every((list) => list.length === 0);
}

export function keyOfConjunction(nodes: Conjunction): string {
  return nodes.map(({ id }) => id).join('.');
}

/** @returns nodes of either, in order */
export function joinConjunctions(a: Conjunction, b: Conjunction): Conjunction {
  if (a.length === 0 || a === b) return b;
  if (b.length === 0) return a;
  const byId = new Map([...a, ...b].map((node) => [node.id, node]));
  return [...byId.values()].toSorted((x, y) => x.id - y.id);
}

/** What an object asks of the value behind a name. */
export function valueOf(objects: Objects, name: string): Conjunction {
  const declared = objects.properties.get(name);
  if (declared !== undefined) return declared;
  const others = objects.others.find(({ names }) => names === undefined || accepts(names, name));
  return others?.value ?? [];
}
