import { type JsonObject, pointer } from './json.ts';
import { countAt, membersAt, namesAt } from './keyword-values.ts';
import type { Conjunction, Objects } from './value-set.ts';

const keywords = ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'];

/** What the schema says about objects; undefined where it says nothing. @throws Refusal */
export function objectKeywords(
  schema: JsonObject,
  at: string,
  child: (schema: unknown, at: string) => Conjunction,
): readonly Objects[] | undefined {
  if (!keywords.some((keyword) => schema[keyword] !== undefined)) return undefined;
  const min = countAt(schema, 'minProperties', at) ?? 0;
  const max = countAt(schema, 'maxProperties', at) ?? Infinity;
  const required = new Set(namesAt(schema, 'required', at));
  if (min > max || required.size > max) return [];
  const properties = new Map(
    membersAt(schema, 'properties', at).map(([name, value]) => [name, child(value, pointer(at, 'properties', name))]),
  );
  const rest = child(schema.additionalProperties ?? true, pointer(at, 'additionalProperties'));
  // Required names that nothing declares are written after the declared ones.
  for (const name of required) if (!properties.has(name)) properties.set(name, rest);
  return [{ properties, others: [{ names: undefined, value: rest }], required, min, max }];
}
