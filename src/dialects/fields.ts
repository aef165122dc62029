import { z } from 'zod';

/** A field that may be left out; null counts as left out. */
type Field<Value extends z.ZodType> = z.ZodOptional<z.ZodNullable<Value>>;

/** A value as an error shows it: short, in JSON's spelling, and of a list or an object only the kind. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** The complaint of a schema: what the value must be, what it was, and (`hint`) what to do instead. */
export function must(expected: string, hint?: string): (issue: { input?: unknown }) => string {
  return (issue) => `must be ${expected}, got ${show(issue.input)}${hint === undefined ? '' : `; ${hint}`}`;
}

function range(min: number, max: number): string {
  if (max !== Infinity) return `from ${min} to ${max}`;
  return min === -Infinity ? '' : `≥ ${min}`;
}

/** A number within bounds, both included. */
export function number(min: number, max: number, hint?: string): Field<z.ZodNumber> {
  const error = must(`a number ${range(min, max)}`, hint);
  const atLeast = z.number({ error }).min(min, { error });
  // JSON Schema has no infinity.
  return (max === Infinity ? atLeast : atLeast.max(max, { error })).nullish();
}

const MOST = 2 ** 31 - 1;

/** An integer within bounds, both included. */
export function integer(min: number, max: number, hint?: string): Field<z.ZodInt> {
  const error = must(`an integer ${range(min, max)}`.trimEnd(), hint);
  if (max !== Infinity) return z.int({ error }).min(min, { error }).max(max, { error }).nullish();
  // The engine counts in 32 bits.
  const tooBig = must(`an integer up to ${MOST}`, hint);
  const either = (issue: { input?: unknown }): string => (Number(issue.input) > MOST ? tooBig : error)(issue);
  return z.int({ error: either }).min(min, { error }).max(MOST, { error: tooBig }).nullish();
}

export function boolean(): Field<z.ZodBoolean> {
  return z.boolean({ error: must('true or false') }).nullish();
}

export function text(): Field<z.ZodString> {
  return z.string({ error: must('a string') }).nullish();
}

/** What the API's document says of a parameter that is taken only where it changes nothing. */
function neutral(why: string): string {
  return `Taken only where it changes nothing: ${why}.`;
}

type Plain = string | number | boolean;

/** A parameter that is taken only where it changes nothing: one of these values, or null. */
export function only(values: readonly Plain[], why: string): Field<z.ZodLiteral<Plain>> {
  const error = must(values.map((value) => JSON.stringify(value)).join(' or '), `${why}, so leave it out`);
  return z
    .literal([...values], { error })
    .nullish()
    .describe(neutral(why));
}

/** A parameter that is taken only as null. */
export function absent(why: string): z.ZodOptional<z.ZodNull> {
  const error = must('null', `${why}, so leave it out`);
  return z.null({ error }).optional().describe(neutral(why));
}

/** A parameter that is taken only as null or as an empty list. */
export function empty(why: string): Field<z.ZodArray<z.ZodUnknown>> {
  const error = must('an empty list', `${why}, so leave it out`);
  return z.array(z.unknown(), { error }).max(0, { error }).nullish().describe(neutral(why));
}

const seedError = must('an integer');

/** Any integer, 64-bit ones too; its lowest 32 bits count. */
export const seed = z
  .number({ error: seedError })
  .refine(Number.isInteger, { error: seedError })
  .meta({ type: 'integer' })
  .nullish();

/** Texts that end a completion: one, or up to 16. */
export const stop = (() => {
  const one = must('a string that is not empty');
  const error = must('a string or a list of up to 16 strings');
  const item = z.string({ error: one }).min(1, { error: one });
  return z.union([item, z.array(item, { error }).max(16, { error })], { error }).nullish();
})();
