import { setImmediate } from 'node:timers/promises';
import { abortError, InferenceError } from '../contract/errors.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import type { PromptPart } from './prompt.ts';

/** Tokenizing blocks the event loop (0.9 ms a KB), so it goes in slices of at most this many characters. */
const SLICE = 16_384;

/**
 * Tokenizes a prompt, BOS first where the model wants one and the text does not begin with it.
 * A text too long for the context is refused as early as its bytes or the tokens so far tell.
 * @throws InferenceError context_exceeded, invalid_request for an empty prompt, or the signal's reason
 */
export async function tokenizePrompt(
  parts: readonly PromptPart[],
  tokenizer: Tokenizer,
  contextSize: number,
  signal: AbortSignal,
): Promise<number[]> {
  refuseByBytes(parts, tokenizer, contextSize);
  const { bos } = tokenizer.special;
  const tokens: number[] = [];
  let continues = false;
  for (const { text, special } of parts) {
    for (const slice of slices(text)) {
      if (continues) await setImmediate();
      if (signal.aborted) throw abortError(signal);
      for (const id of tokenizer.encode(slice, { special, continues })) tokens.push(id);
      continues = true;
      if (tokens.length > contextSize) {
        throw tooLong(`at least ${tokens.length} tokens`, contextSize);
      }
    }
  }
  if (bos !== undefined && tokens[0] !== bos) tokens.unshift(bos);
  if (tokens.length === 0)
    throw new InferenceError('invalid_request', 'The prompt is empty; send at least one character.');
  return tokens;
}

/** The error for a prompt that the context cannot hold. @param size what is known of the prompt: `312 tokens` */
export function tooLong(size: string, contextSize: number): InferenceError {
  return new InferenceError(
    'context_exceeded',
    `The prompt has ${size}, but the context holds ${contextSize} and at least one must be left for the answer; shorten the prompt or serve with a larger --context-size.`,
  );
}

function refuseByBytes(parts: readonly PromptPart[], tokenizer: Tokenizer, contextSize: number): void {
  const bytes = parts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (bytes > contextSize * tokenizer.longestToken) throw tooLong(`${bytes} bytes, more tokens than fit`, contextSize);
}

/**
 * Cuts a text where tokens end anyway: before a single space between two words, else between two characters.
 * Byte-level and SentencePiece vocabularies both begin a token at such a space.
 */
export function* slices(text: string, size: number = SLICE): Generator<string> {
  let from = 0;
  while (text.length - from > size) {
    const to = boundary(text, from, from + size);
    yield text.slice(from, to);
    from = to;
  }
  if (from < text.length) yield text.slice(from);
}

function boundary(text: string, from: number, limit: number): number {
  for (let at = limit; at > from + 1; at -= 1) {
    if (text[at] === ' ' && /\S/.test(text[at - 1] ?? ' ') && /[\p{L}\p{N}]/u.test(text[at + 1] ?? ' ')) return at;
  }
  const low = text.charCodeAt(limit);
  return low >= 0xdc00 && low <= 0xdfff ? limit - 1 : limit;
}
