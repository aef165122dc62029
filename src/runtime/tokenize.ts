import { setImmediate } from 'node:timers/promises';
import { abortError, InferenceError } from '../contract/errors.ts';
import type { ChatMessage, ChatPrompt, Prompt } from '../contract/generate.ts';
import type { EncodeOptions, Tokenizer } from '../contract/tokens.ts';
import type { TokenPart } from './prompts.ts';

/**
 * Tokenizing blocks the event loop (0.9 ms a KB; 4 ms a KB of a word without end in JavaScript), so it goes in slices of at most
 * this many characters.
 */
const SLICE = 8_192;

/**
 * Tokenizes a prompt, BOS first where the model wants one and the text does not begin with it.
 * A text too long for the context is refused as soon as the tokens so far tell.
 * @throws InferenceError context_exceeded, invalid_request for an empty prompt, or the signal's reason
 */
export async function tokenizePrompt(
  parts: readonly TokenPart[],
  tokenizer: Tokenizer,
  contextSize: number,
  signal: AbortSignal,
): Promise<number[]> {
  const { bos } = tokenizer.special;
  const tokens: number[] = [];
  for await (const added of encodeSlices(parts, tokenizer, signal)) {
    for (const id of added) tokens.push(id);
    if (tokens.length > contextSize) throw tooLong(`at least ${tokens.length} tokens`, contextSize);
  }
  const [first] = parts;
  // Who writes ids says where the prompt begins.
  const text = first === undefined || 'text' in first;
  if (bos !== undefined && text && tokens[0] !== bos) tokens.unshift(bos);
  if (tokens.length === 0)
    throw new InferenceError('invalid_request', 'The prompt is empty; send at least one character.');
  return tokens;
}

/**
 * The tokens of a text, slice by slice; the event loop runs between two.
 * @throws InferenceError the signal's reason, invalid_request for an id that the vocabulary lacks
 */
export async function* encodeSlices(
  parts: readonly (TokenPart & Pick<EncodeOptions, 'added'>)[],
  tokenizer: Tokenizer,
  signal: AbortSignal,
): AsyncGenerator<readonly number[], void, void> {
  let continues = false;
  for (const part of parts) {
    if ('ids' in part) {
      refuseUnknownIds(part.ids, tokenizer);
      yield part.ids;
      continues = true;
      continue;
    }
    const { text, ...options } = part;
    for (const slice of slices(text, tokenizer.specialTexts)) {
      if (continues) await setImmediate();
      if (signal.aborted) throw abortError(signal);
      yield tokenizer.encode(slice, { ...options, continues });
      continues = true;
    }
  }
}

/** @param param the field that they come from. @throws InferenceError invalid_request for an id that the vocabulary lacks */
export function refuseUnknownIds(ids: readonly number[], { size }: Tokenizer, param?: string): void {
  const unknown = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= size);
  if (unknown === undefined) return;
  const message = `There is no token ${unknown}; this model's ids go from 0 to ${size - 1}.`;
  throw new InferenceError('invalid_request', message, { param });
}

/** The error for a prompt that the context cannot hold. @param size what is known of the prompt: `312 tokens` */
export function tooLong(size: string, contextSize: number): InferenceError {
  return new InferenceError(
    'context_exceeded',
    `The prompt has ${size}, but the context holds ${contextSize} and at least one must be left for the answer; shorten the prompt or serve with a larger --context-size.`,
  );
}

/**
 * Refuses what cannot fit before any work is done on it: a message is at least a token, a token has so many bytes at most.
 * @throws InferenceError context_exceeded
 */
export function refuseLongPrompt(prompt: Prompt, tokenizer: Tokenizer, contextSize: number): void {
  const { pieces, what } = piecesOf(prompt);
  if (pieces.length > contextSize) throw tooLong(`${pieces.length} ${what}, more tokens than fit`, contextSize);
  const bytes = pieces.reduce<number>((sum, one) => sum + (typeof one === 'string' ? Buffer.byteLength(one) : 1), 0);
  if (bytes > contextSize * tokenizer.longestToken) throw tooLong(`${bytes} bytes, more tokens than fit`, contextSize);
}

/** Texts and ids, of which each becomes at least a token; an empty one is too rare to tell apart. */
function piecesOf(prompt: Prompt): { pieces: readonly (number | string)[]; what: string } {
  if (prompt.kind === 'text') return { pieces: [prompt.text], what: 'texts' };
  if (prompt.kind === 'chat') return { pieces: chatTexts(prompt), what: 'messages' };
  if (prompt.kind === 'tokens') return { pieces: prompt.items, what: 'token ids and texts' };
  return { pieces: [prompt.prefix, prompt.suffix, ...prompt.extra.map(({ text }) => text)], what: 'texts' };
}

function chatTexts({ messages, tools }: ChatPrompt): string[] {
  const texts = messages.map(textOf);
  return tools ? [...texts, JSON.stringify(tools.tools)] : texts;
}

function textOf({ content, toolCalls = [] }: ChatMessage): string {
  return content + toolCalls.map((call) => call.arguments).join('');
}

/**
 * Cuts a text where tokens end in nearly every vocabulary: before the single space or line break between two words.
 * A text without any is cut between two characters, never within a special token's name.
 */
export function* slices(text: string, specialTexts: readonly string[] = [], size: number = SLICE): Generator<string> {
  let from = 0;
  while (text.length - from > size) {
    const to = boundary(text, from, from + size, specialTexts);
    yield text.slice(from, to);
    from = to;
  }
  if (from < text.length) yield text.slice(from);
}

function boundary(text: string, from: number, limit: number, specialTexts: readonly string[]): number {
  for (let at = limit; at > from + 1; at -= 1) {
    const between = text[at] === ' ' || text[at] === '\n';
    if (between && isWord(text[at - 1]) && isWord(text[at + 1])) return at;
  }
  const low = text.charCodeAt(limit);
  let to = low >= 0xdc00 && low <= 0xdfff ? limit - 1 : limit;
  for (const name of specialTexts) {
    for (let inside = 1; inside < name.length; inside += 1) {
      if (text.startsWith(name, limit - inside)) to = Math.min(to, limit - inside);
    }
  }
  return Math.max(to, from + 1);
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
