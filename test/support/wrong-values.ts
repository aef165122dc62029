import { z } from 'zod';
import { at } from './at.ts';

/** Of every type, and about every limit. */
const candidates: readonly unknown[] = [
  null,
  true,
  'x',
  '',
  0,
  7,
  7.5,
  -1,
  -1000,
  1e12,
  [],
  [7.5],
  [{}],
  [''],
  Array.from({ length: 200 }, () => 'a'),
  {},
  { x: [] },
];

/** A body with one field that a schema forbids. */
export interface WrongBody {
  /** The field's name, as errors write it: `messages[0].role`. */
  path: string;
  body: unknown;
}

/**
 * Bodies that a JSON Schema forbids, each wrong in one field: a wrong type, a value out of range, or none where one is required.
 * @param schema of the body or of what lies at the path; without references
 * @param good the same, as it is right
 */
export function* wrongBodies(schema: unknown, good: unknown): Generator<WrongBody> {
  const { properties = {}, required = [] } = objectIn(schema);
  const whole = (typeof good === 'object' && good !== null ? good : {}) as Record<string, unknown>;
  for (const name of required) {
    yield { path: name, body: Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name)) };
  }
  for (const [name, property] of Object.entries(properties)) {
    for (const value of wrongValues(property)) yield { path: name, body: { ...whole, [name]: value } };
    for (const inner of wrongInside(property, whole[name])) {
      yield { path: `${name}${inner.path}`, body: { ...whole, [name]: inner.body } };
    }
  }
}

/** The candidates, and values just over the schema's own limits, that it forbids. */
function wrongValues(schema: unknown): unknown[] {
  const [minimum, maximum] = [limitIn(schema, 'minimum'), limitIn(schema, 'maximum')];
  const beyond = [minimum === undefined ? [] : [minimum - 1], maximum === undefined ? [] : [maximum + 1]].flat();
  const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  return [...candidates, ...beyond].filter((value) => !checked.safeParse(value).success);
}

/** Of what lies in an object, or in the first item of a list of objects. */
function* wrongInside(schema: unknown, good: unknown): Generator<WrongBody> {
  if (objectIn(schema).properties !== undefined) {
    for (const { path, body } of wrongBodies(schema, good)) yield { path: `.${path}`, body };
  }
  const items = branches(schema).map((branch) => at(branch, 'items'))[0];
  if (!Array.isArray(good) || objectIn(items).properties === undefined) return;
  const [first, ...rest] = good as unknown[];
  for (const { path, body } of wrongBodies(items, first)) yield { path: `[0].${path}`, body: [body, ...rest] };
}

/** A schema's alternatives. */
function branches(schema: unknown): unknown[] {
  const anyOf = at(schema, 'anyOf');
  return Array.isArray(anyOf) ? anyOf.flatMap(branches) : [schema];
}

/** The properties of a schema, or of the one alternative that has some. */
function objectIn(schema: unknown): { properties?: Record<string, unknown>; required?: string[] } {
  const found = branches(schema).filter((branch) => at(branch, 'properties') !== undefined);
  return found.length === 1 ? (found[0] as object) : {};
}

function limitIn(schema: unknown, name: 'minimum' | 'maximum'): number | undefined {
  const found = branches(schema).map((branch) => at(branch, name));
  const numbers = found.filter((limit) => typeof limit === 'number');
  return numbers.length > 0 ? Math[name === 'minimum' ? 'min' : 'max'](...numbers) : undefined;
}
