/** Values of each type that JSON has. */
export const samples = {
  string: 'x',
  integer: 7,
  number: 7.5,
  boolean: true,
  array: [{}],
  object: { x: [] },
} as const;

export type JsonType = keyof typeof samples;

/** The types of the values that a JSON Schema allows, as far as it says: all where it doesn't. */
export function allowedTypes(schema: unknown): ReadonlySet<string> {
  const all = new Set<string>([...Object.keys(samples), 'null']);
  if (typeof schema !== 'object' || schema === null) return all;
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) {
    return new Set(schema.anyOf.flatMap((branch) => [...allowedTypes(branch)]));
  }
  if (!('type' in schema)) return all;
  const types = new Set([schema.type].flat().map(String));
  if (types.has('number')) types.add('integer');
  return types;
}
