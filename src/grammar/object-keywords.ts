import { accepts, type Dfa, everyString, without } from './dfa.ts';
import type { SchemaNode } from './document.ts';
import { intersectLanguages, withStates } from './intersect-values.ts';
import { type JsonObject, pointer } from './json.ts';
import type { Languages } from './languages.ts';
import { countAt, membersAt, namesAt } from './keyword-values.ts';
import { type Conjunction, joinConjunctions, type NameClass, type Objects } from './value-set.ts';

const keywords = [
  'properties',
  'patternProperties',
  'additionalProperties',
  'propertyNames',
  'required',
  'minProperties',
  'maxProperties',
];

export interface ObjectSurroundings {
  readonly at: string;
  /** A schema below, as a conjunction. */
  readonly child: (schema: unknown, at: string) => Conjunction;
  /** The strings that a schema below allows; undefined for all. */
  readonly strings: (schema: unknown, at: string) => Dfa | undefined;
  readonly languages: Languages;
  readonly spend: (steps: number) => void;
  /** The node that allows nothing. */
  readonly nothing: SchemaNode;
}

/** What the schema says about objects; undefined where it says nothing. @throws Refusal */
export function objectKeywords(schema: JsonObject, around: ObjectSurroundings): readonly Objects[] | undefined {
  if (!keywords.some((keyword) => schema[keyword] !== undefined)) return undefined;
  const { at, child } = around;
  const min = countAt(schema, 'minProperties', at) ?? 0;
  const max = countAt(schema, 'maxProperties', at) ?? Infinity;
  const required = new Set(namesAt(schema, 'required', at));
  if (min > max || required.size > max) return [];

  const patterns = membersAt(schema, 'patternProperties', at).map(([pattern, value]) => {
    const place = pointer(at, 'patternProperties', pattern);
    return { names: around.languages.pattern(pattern, 'patternProperties', at), value: child(value, place) };
  });
  const properties = new Map<string, Conjunction>();
  for (const [name, value] of membersAt(schema, 'properties', at)) {
    const matching = patterns.filter(({ names }) => accepts(names, name)).map((pattern) => pattern.value);
    properties.set(name, matching.reduce(joinConjunctions, child(value, pointer(at, 'properties', name))));
  }
  const rest = child(schema.additionalProperties ?? true, pointer(at, 'additionalProperties'));
  const others = limitNames(classesOf(patterns, rest, around), properties, schema.propertyNames, around);
  return [{ properties, others, required, min, max }];
}

/** Splits all names by the patterns that they match; the value behind a name has to satisfy all of these. */
function classesOf(patterns: readonly NameClass[], rest: Conjunction, { at, spend }: ObjectSurroundings): NameClass[] {
  let classes: (NameClass & { readonly matched: boolean })[] = [{ names: undefined, value: [], matched: false }];
  for (const { names, value } of patterns) {
    for (const before of classes) spend(100 + (before.names?.next.length ?? 0));
    classes = classes.flatMap((before) => [
      {
        names: intersectLanguages(before.names, names, at),
        value: joinConjunctions(before.value, value),
        matched: true,
      },
      {
        ...before,
        names: withStates('patternProperties', at, () => without(before.names ?? everyString, names ?? everyString)),
      },
    ]);
    classes = classes.filter((kept) => kept.names?.accepting.includes(true) !== false);
  }
  return classes.map(({ names, value, matched }) => ({ names, value: matched ? value : rest }));
}

/** Takes out the names that propertyNames does not allow: nothing can stand behind them. */
function limitNames(
  classes: readonly NameClass[],
  properties: Map<string, Conjunction>,
  propertyNames: unknown,
  { at, nothing, strings }: ObjectSurroundings,
): readonly NameClass[] {
  if (propertyNames === undefined) return classes;
  const allowed = strings(propertyNames, pointer(at, 'propertyNames'));
  if (allowed === undefined) return classes;
  for (const name of properties.keys()) if (!accepts(allowed, name)) properties.set(name, [nothing]);
  const kept = classes.map(({ names, value }) => ({ names: intersectLanguages(names, allowed, at), value }));
  const refused = withStates('propertyNames', at, () => without(everyString, allowed));
  return [...kept, { names: refused, value: [nothing] }];
}
