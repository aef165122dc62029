import { setImmediate } from 'node:timers/promises';
import { InferenceError } from '../contract/errors.ts';
import type { TextInput } from '../contract/input.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { encodeSlices } from './tokenize.ts';

/** Texts that are tokenized between two looks at the event loop: about a slice of a long one. */
const CHARACTERS_AT_ONCE = 8_192;

/**
 * The tokens of inputs. In a text the names of special tokens stay text, those of added ones (runs of spaces, tags) are what the vocabulary has them for.
 * @param limit tokens of an input at most
 * @throws InferenceError invalid_request for one that is empty or has an id that is no token, context_exceeded, or the signal's reason
 */
export async function tokenizeInputs(
  inputs: readonly TextInput[],
  tokenizer: Tokenizer,
  limit: number,
  signal: AbortSignal,
): Promise<(readonly number[])[]> {
  const all: (readonly number[])[] = [];
  let characters = 0;
  for (const { content, name } of inputs) {
    if (content.length === 0) {
      const least = typeof content === 'string' ? 'character' : 'token';
      throw new InferenceError('invalid_request', `${name} is empty; give at least one ${least}.`, { param: name });
    }
    if (typeof content !== 'string') {
      checkTokens(content, name, tokenizer.size);
      all.push(content);
      continue;
    }
    characters += content.length;
    if (characters > CHARACTERS_AT_ONCE) {
      characters = 0;
      await setImmediate();
    }
    const tokens: number[] = [];
    for await (const added of encodeSlices([{ text: content, special: false, added: true }], tokenizer, signal)) {
      // What is too long already needs no further slice; a text of one slice is counted to its end.
      if (tokens.length > limit) throw tooLong(name, `at least ${tokens.length}`, limit);
      for (const id of added) tokens.push(id);
    }
    all.push(tokens);
  }
  return all;
}

/**
 * Checks an input with all tokens that the model wants around it.
 * @param name what the client calls the field @param subject what has the tokens
 * @throws InferenceError invalid_request where there are none, context_exceeded
 */
export function checkWhole(tokens: readonly number[], limit: number, name: string, subject: string = name): void {
  if (tokens.length > limit) throw tooLong(name, String(tokens.length), limit, subject);
  if (tokens.length > 0) return;
  throw new InferenceError('invalid_request', `${name} has no tokens; give a text that is not blank.`, { param: name });
}

function tooLong(param: string, tokens: string, limit: number, subject: string = param): InferenceError {
  const message = `${subject} has ${tokens} tokens, but the model takes ${limit} at most; shorten it.`;
  return new InferenceError('context_exceeded', message, { param });
}

/** @throws InferenceError invalid_request */
function checkTokens(tokens: readonly number[], name: string, size: number): void {
  const at = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= size);
  if (at < 0) return;
  const param = `${name}[${at}]`;
  const message = `${param} is ${tokens[at]}, but the model's tokens have the ids 0 to ${size - 1}.`;
  throw new InferenceError('invalid_request', message, { param });
}
