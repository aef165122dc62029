import { type JsonObject, pointer } from './json.ts';
import { countAt } from './keyword-values.ts';
import { Refusal } from './refusal.ts';
import type { Arrays, Conjunction } from './value-set.ts';

const keywords = ['prefixItems', 'items', 'minItems', 'maxItems', 'uniqueItems'];

/** What the schema says about arrays; undefined where it says nothing. @throws Refusal */
export function arrayKeywords(
  schema: JsonObject,
  at: string,
  child: (schema: unknown, at: string) => Conjunction,
): readonly Arrays[] | undefined {
  if (!keywords.some((keyword) => schema[keyword] !== undefined)) return undefined;
  const { prefixItems = [], items = true, uniqueItems = false } = schema;
  if (!Array.isArray(prefixItems)) throw new Refusal('prefixItems', at, 'must be a list of schemas');
  if (Array.isArray(items))
    throw new Refusal('items', at, 'must be one schema: a list of them is called "prefixItems"');
  if (typeof uniqueItems !== 'boolean') throw new Refusal('uniqueItems', at, 'must be a boolean');
  const min = countAt(schema, 'minItems', at) ?? 0;
  const max = countAt(schema, 'maxItems', at) ?? Infinity;
  if (min > max) return [];
  return [
    {
      prefix: prefixItems.map((item: unknown, index) => child(item, pointer(at, 'prefixItems', index))),
      rest: child(items, pointer(at, 'items')),
      min,
      max,
      // A single item is unique.
      refusal:
        uniqueItems && max > 1
          ? new Refusal('uniqueItems', at, 'is not supported: no grammar can compare items')
          : undefined,
    },
  ];
}
