/** Keywords that put several schemas on one value. */
const combining = ['$ref', '$dynamicRef', 'anyOf', 'oneOf', 'not', 'if', 'dependentSchemas'];
/** Keywords that speak of properties that are not declared. */
const speaking = ['additionalProperties', 'unevaluatedProperties', 'patternProperties'];

const lists = ['prefixItems', 'anyOf', 'oneOf'];
const maps = ['properties', '$defs', 'definitions'];

/** Deeper schemas are refused anyway (grammar/limits.ts). */
const DEEPEST = 200;

/**
 * Keeps objects that declare their properties to them where the schema is silent: JSON Schema would allow any others beside
 * them, which no caller expects and a small model never stops to write. (OpenAI's strict mode wants it said, llama-server and
 * vLLM take it as said.) A schema that combines several ones for an object stays as it is.
 */
export function closeObjects(schema: unknown): unknown {
  return combines(schema) ? schema : close(schema, 0);
}

function combines(schema: unknown): boolean {
  const pending: unknown[] = [schema];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    if ('allOf' in value || ('properties' in value && combining.some((key) => key in value))) return true;
    for (const one of Object.values(value) as unknown[]) pending.push(one);
  }
  return false;
}

function close(schema: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > DEEPEST) return schema;
  const inner = (one: unknown): unknown => close(one, depth + 1);
  const closed: Record<string, unknown> = { ...schema };
  for (const key of maps) {
    const map = schema[key];
    if (isObject(map)) closed[key] = Object.fromEntries(Object.entries(map).map(([name, one]) => [name, inner(one)]));
  }
  for (const key of lists) {
    const list: unknown = schema[key];
    if (Array.isArray(list)) closed[key] = list.map(inner);
  }
  if (isObject(schema['items'])) closed['items'] = inner(schema['items']);
  const silent = isObject(schema['properties']) && !speaking.some((key) => key in schema);
  return silent ? { ...closed, additionalProperties: false } : closed;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
