import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';
import type { Prompt } from '../contract/generate.ts';
import { must } from './fields.ts';

/**
 * `prompt` as completions take it. What a list holds is checked by `toPrompts`, in one pass: a union would judge every token
 * id of a wrong list by each of its branches (450 ms for 170,000 ids).
 */
export function promptField(expected: string) {
  const anyOf = expected === mixedPrompt ? mixedSchemas : openaiSchemas;
  return z.union([z.string(), z.array(z.unknown())], { error: must(expected) }).meta({ anyOf });
}

const string = { type: 'string' };
const tokenId = { type: 'integer', minimum: 0 };
const listOf = (...anyOf: object[]) => ({
  type: 'array',
  minItems: 1,
  items: anyOf.length === 1 ? anyOf[0] : { anyOf },
});

/** What `toPrompts` takes, and `tokenItems` and `tokenIds`, as JSON Schema: for the API's document alone. */
const openaiSchemas = [string, listOf(string), listOf(tokenId), listOf(string, listOf(tokenId))];
const promptObject = { type: 'object', properties: { prompt_string: string }, required: ['prompt_string'] };
const mixedSchemas = [string, listOf(string, tokenId), listOf(string, listOf(string, tokenId), promptObject)];
export const tokenItemsSchemas = [string, { ...listOf(string, tokenId), minItems: 0 }];
export const tokenIdsSchema = { items: tokenId };

/** What a prompt list may hold beside what OpenAI's takes. */
interface Mixing {
  /** A list with a token id in it is one prompt of ids and texts; llama-server's form. */
  mixed: boolean;
}

export const openaiPrompt = 'a string, a list of strings, a list of token ids or a list of such lists';
export const mixedPrompt = 'a string, a list of token ids and strings, or a list of such prompts';

/**
 * The prompts of a completion request.
 * @param name of the field, for errors
 * @throws InferenceError invalid_request that names the first element that is wrong
 */
export function toPrompts(value: string | readonly unknown[], name: string, { mixed }: Mixing): [Prompt, ...Prompt[]] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }];
  const check = mixed ? tokenItems : tokenIds;
  if (value.some((item) => typeof item === 'number')) return [{ kind: 'tokens', items: check(value, name) }];
  const [first, ...rest] = value.map((item, index) => onePrompt(item, `${name}[${index}]`, mixed));
  if (first === undefined) throw wrong(name, mixed ? mixedPrompt : openaiPrompt, value);
  return [first, ...rest];
}

function onePrompt(item: unknown, name: string, mixed: boolean): Prompt {
  if (typeof item === 'string') return { kind: 'text', text: item };
  const check = mixed ? tokenItems : tokenIds;
  if (Array.isArray(item) && item.length > 0) return { kind: 'tokens', items: check(item, name) };
  const text = mixed ? promptString(item) : undefined;
  if (text !== undefined) return { kind: 'text', text };
  throw wrong(name, mixed ? 'a string or a list of token ids and strings' : 'a string or a list of token ids', item);
}

/** llama-server's `{prompt_string, multimodal_data?}`. */
function promptString(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('prompt_string' in item)) return undefined;
  const { prompt_string: text } = item;
  const data: unknown = 'multimodal_data' in item ? item.multimodal_data : undefined;
  const none = data === undefined || data === null || (Array.isArray(data) && data.length === 0);
  return typeof text === 'string' && none ? text : undefined;
}

/** Checks a list of token ids and texts. Whether the vocabulary has an id is known later. @throws as `toPrompts` */
export function tokenItems(items: readonly unknown[], name: string): (number | string)[] {
  return items.map((item, index) => {
    if (isTokenId(item) || typeof item === 'string') return item;
    throw wrong(`${name}[${index}]`, 'a token id or a string', item);
  });
}

/** Checks a list of token ids. @throws as `toPrompts` */
export function tokenIds(items: readonly unknown[], name: string): number[] {
  return items.map((item, index) => {
    if (isTokenId(item)) return item;
    throw wrong(`${name}[${index}]`, 'a token id (an integer from 0)', item);
  });
}

function isTokenId(item: unknown): item is number {
  return typeof item === 'number' && Number.isInteger(item) && item >= 0;
}

function wrong(param: string, expected: string, input: unknown): InferenceError {
  return new InferenceError('invalid_request', `${param} ${must(expected)({ input })}.`, { param });
}
