import { type JsonObject, isObject } from './json.ts';
import { Refusal } from './refusal.ts';

/** A keyword's number, undefined where it is not there. @throws Refusal */
export function numberAt(schema: JsonObject, keyword: string, at: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal(keyword, at, 'must be a number');
  return value;
}

/** A keyword's count: 0 or a positive integer, written as 2 or 2.0. @throws Refusal */
export function countAt(schema: JsonObject, keyword: string, at: string): number | undefined {
  const value = numberAt(schema, keyword, at);
  if (value !== undefined && (!Number.isInteger(value) || value < 0)) {
    throw new Refusal(keyword, at, 'must be 0 or a positive integer');
  }
  return value;
}

/** A keyword's object, empty where it is not there. @throws Refusal */
export function membersAt(schema: JsonObject, keyword: string, at: string): [string, unknown][] {
  const value = schema[keyword];
  if (value === undefined) return [];
  if (!isObject(value)) throw new Refusal(keyword, at, 'must be an object');
  return Object.entries(value);
}

/** A keyword's list of strings, empty where it is not there. @throws Refusal */
export function namesAt(schema: JsonObject, keyword: string, at: string): string[] {
  const value = schema[keyword];
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw new Refusal(keyword, at, 'must be a list of strings');
  }
  return value;
}
