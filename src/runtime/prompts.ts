import { InferenceError } from '../contract/errors.ts';
import type { FieldNames, GenerateRequest, Prompt } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { infillParts } from './infill.ts';
import { textOf } from './pieces.ts';
import type { PromptPart, RenderPrompt } from './prompt.ts';

/** A stretch of a prompt: text, or tokens as they are. */
export type TokenPart = PromptPart | { ids: readonly number[] };

/** What a prompt is made of. @throws InferenceError where the template refuses messages, or the model cannot fill in */
export function partsOf(prompt: Prompt, renderPrompt: RenderPrompt, tokenizer: Tokenizer): TokenPart[] {
  if (prompt.kind === 'tokens') return itemParts(prompt.items);
  return prompt.kind === 'infill' ? infillParts(prompt, tokenizer) : renderPrompt(prompt);
}

/** Token ids and texts in their order, neighbouring ids in one part. @param special whether names of special tokens are parsed */
export function itemParts(items: readonly (number | string)[], special = true): TokenPart[] {
  const parts: TokenPart[] = [];
  let ids: number[] | undefined;
  for (const item of items) {
    if (typeof item === 'string') {
      parts.push({ text: item, special });
      ids = undefined;
    } else if (ids) {
      ids.push(item);
    } else {
      ids = [item];
      parts.push({ ids });
    }
  }
  return parts;
}

/** All prompts of a request, in their order. */
export function promptsOf({ prompt, morePrompts = [] }: GenerateRequest): readonly Prompt[] {
  return [prompt, ...morePrompts];
}

/** What the client calls the field that a prompt came in. */
export function promptField(prompt: Prompt, names: FieldNames): string | undefined {
  return prompt.kind === 'infill' ? (names.suffix ?? names.prompt) : names.prompt;
}

/** A prompt as its client may read it again: what it wrote, tokens as their texts. */
export function promptText(prompt: Prompt, tokenizer: Tokenizer): string {
  if (prompt.kind === 'text') return prompt.text;
  if (prompt.kind === 'tokens') return textOf(prompt.items, tokenizer);
  return prompt.kind === 'infill' ? prompt.prefix : '';
}

/**
 * Does some work on a field of the request.
 * @throws what the work throws; an InferenceError that names no field names this one
 */
export async function inField<Result>(param: string | undefined, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InferenceError) || error.param !== undefined) throw error;
    if (error.code !== 'invalid_request' && error.code !== 'context_exceeded') throw error;
    throw new InferenceError(error.code, error.message, { param, cause: error.cause });
  }
}
