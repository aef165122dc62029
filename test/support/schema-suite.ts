import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import formats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageRoot } from '../../src/config/model-path.ts';

// JSON-Schema-Test-Suite, draft 2020-12, and what ajv says of its schemas.

export interface SuiteGroup {
  /** `anyOf.json: anyOf complex types` */
  readonly name: string;
  readonly schema: unknown;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

const folder = path.join(packageRoot, 'test', 'fixtures', 'json-schema-test-suite');

export function suiteGroups(): SuiteGroup[] {
  const files = ['', 'format'].flatMap((part) =>
    readdirSync(path.join(folder, part))
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => path.join(part, name)),
  );
  return files.flatMap((file) => {
    const groups = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as (SuiteGroup & {
      description: string;
    })[];
    return groups.map(({ description, schema, tests }) => ({ name: `${file}: ${description}`, schema, tests }));
  });
}

/** What is wrong with a value, empty text for nothing; undefined where ajv cannot say. */
export type Judge = (value: unknown) => string | undefined;

/** ajv with the formats asserted. Some schemas of the suite it cannot compile, on others its code calls itself for ever. */
export function ajvFor(schema: unknown): Judge {
  // Without a precision ajv divides doubles and compares with parseInt: 6.35 would be no multiple of 0.0001, 1e22 none of 2.
  const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true, multipleOfPrecision: 10 });
  formats.default(ajv);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema as boolean | object);
  } catch {
    return () => undefined;
  }
  return (value) => {
    try {
      if (validate(value)) return '';
      return validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ') ?? 'invalid';
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  };
}

/**
 * Texts of an instance as a grammar may expect them: its members in the order in which the schema names them, first by one
 * walk through the whole schema, then (where places disagree) in every order of a small object.
 */
export function spellings(instance: unknown, schema: unknown): string[] {
  const order = new Map([...new Set(namesIn(schema))].map((name, index) => [name, index]));
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, inner]): [string, unknown] => [name, sorted(inner)]);
    const rank = ([name]: [string, unknown]): number => order.get(name) ?? order.size;
    return new Members(members.toSorted((a, b) => rank(a) - rank(b)));
  };
  const first = sorted(instance);
  const members = first instanceof Members && first.list.length > 1 && first.list.length < 5 ? first.list : [];
  return [write(first), ...permutations(members).map((list) => write(new Members(list)))];
}

/** Members in an order of our own: an object would put `1` before `a`. */
class Members {
  readonly list: readonly [string, unknown][];
  constructor(list: readonly [string, unknown][]) {
    this.list = list;
  }
}

function write(value: unknown): string {
  if (value instanceof Members) {
    return `{${value.list.map(([name, inner]) => `${JSON.stringify(name)}:${write(inner)}`).join(',')}}`;
  }
  return Array.isArray(value) ? `[${value.map(write).join(',')}]` : JSON.stringify(value);
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return list.length === 0 ? [] : [[...list]];
  return list.flatMap((item, index) => permutations(list.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

function namesIn(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(namesIn);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    if (keyword === 'required' && Array.isArray(value)) return value.filter((name) => typeof name === 'string');
    if (keyword === 'properties' && typeof value === 'object' && value !== null)
      return [...Object.keys(value), ...namesIn(value)];
    return keyword === 'const' || keyword === 'enum' ? constantNames(value) : namesIn(value);
  });
}

function constantNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(constantNames);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => [name, ...constantNames(inner)]);
}
