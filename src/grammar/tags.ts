import type { Conjunction, ValueSet } from './value-set.ts';

/** By the name of a required property: the only texts that can stand there. */
export type Tags = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What tells the objects of a set from those of others, so that a oneOf of a hundred branches needs no hundred squared
 * intersections.
 * @returns undefined where the set holds other values than objects, or objects of several kinds
 */
export function tagsOf(set: ValueSet, expand: (nodes: Conjunction) => ValueSet): Tags | undefined {
  const [objects, ...more] = set.objects;
  const others = set.null || set.true || set.false || set.numbers.length + set.strings.length + set.arrays.length > 0;
  if (objects === undefined || more.length > 0 || others) return undefined;
  const tags = new Map<string, ReadonlySet<string>>();
  for (const name of objects.required) {
    const texts = onlyStrings(objects.properties.get(name) ?? [], expand);
    if (texts !== undefined) tags.set(name, texts);
  }
  return tags;
}

/** Whether some tag of both has no text in common. */
export function areTagged(a: Tags | undefined, b: Tags | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  for (const [name, texts] of a) {
    const others = b.get(name);
    if (others !== undefined && areDisjoint(texts, others)) return true;
  }
  return false;
}

function areDisjoint(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const text of a) if (b.has(text)) return false;
  return true;
}

function onlyStrings(nodes: Conjunction, expand: (nodes: Conjunction) => ValueSet): ReadonlySet<string> | undefined {
  // Only what stands there as a const or enum: anything deeper could lead back to the oneOf that is just being read.
  const [node, ...more] = nodes;
  if (node === undefined || more.length > 0) return undefined;
  if (node.kind === 'schema' && (typeof node.schema === 'boolean' || !isPlain(node.schema))) return undefined;
  const { strings, ...rest } = expand(nodes);
  const [only, ...others] = strings;
  const mixed =
    rest.null || rest.true || rest.false || rest.numbers.length + rest.arrays.length + rest.objects.length > 0;
  if (only?.values === undefined || others.length > 0 || mixed) return undefined;
  return new Set(only.values);
}

function isPlain(schema: Readonly<Record<string, unknown>>): boolean {
  return (
    (schema.const !== undefined || schema.enum !== undefined) && schema.$ref === undefined && schema.allOf === undefined
  );
}
