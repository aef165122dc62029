import type { FinishReason, TokenLogprob, ToolCallPiece } from '../contract/generate.ts';
import type { TokenEvent, TokenGrammar, Tokenizer } from '../contract/tokens.ts';
import { withTexts } from './logprobs.ts';
import { OutputText, type OutputPiece, type OutputReaders } from './output.ts';

/** What one completion tells; it finishes once. */
export type CompletionEvent =
  | { type: 'start'; index: number; queueMs: number; cachedTokens: number }
  | { type: 'token'; index: number; id: number; thinking: boolean }
  | { type: 'delta'; index: number; text: string; logprobs?: TokenLogprob[] }
  | { type: 'reasoning'; index: number; text: string }
  | ({ type: 'tool_call'; index: number } & ToolCallPiece)
  | { type: 'finish'; index: number; reason: FinishReason; stopString: string | undefined };

/** How the completions of a request are read. */
export interface Reading {
  stop: readonly string[];
  /** Gives each completion readers of its own. */
  createReaders(): OutputReaders;
  /** Names of special tokens that are read as text: marks of calls and thoughts. */
  special: readonly string[];
  /** What holds the completions. */
  grammar: TokenGrammar | undefined;
}

const utf8 = new TextEncoder();

/** Reads the tokens of completion `index` as text. Leaves them at a stop string, which stops their making. */
export async function* readCompletion(
  tokens: AsyncIterable<TokenEvent>,
  index: number,
  { stop, createReaders, special, grammar }: Reading,
  tokenizer: Tokenizer,
): AsyncGenerator<CompletionEvent, void, void> {
  const readers = createReaders();
  const output = new OutputText(stop, readers);
  const texts = new Set([...special, ...(grammar?.special ?? [])]);
  const bytesOf = (id: number): Uint8Array => {
    const bytes = tokenizer.bytes(id);
    if (bytes.length > 0 || texts.size === 0 || tokenizer.special.eog.has(id)) return bytes;
    const name = tokenizer.specialText(id);
    return texts.has(name) ? utf8.encode(name) : bytes;
  };
  for await (const event of tokens) {
    switch (event.type) {
      case 'start':
        yield { ...event, index };
        break;
      case 'token': {
        const before = readers.reasoning?.thinking === true;
        const bytes = bytesOf(event.id);
        const logprob = event.logprobs && bytes.length > 0 ? withTexts(event.id, event.logprobs, tokenizer) : undefined;
        const piece = output.push(bytes, logprob);
        const thinking = before || readers.reasoning?.thinking === true;
        yield { type: 'token', index, id: event.id, thinking };
        yield* told(index, piece);
        const { stopString } = piece;
        if (stopString === undefined) break;
        yield { type: 'finish', index, reason: 'stop', stopString };
        return;
      }
      case 'end': {
        const piece = output.end();
        yield* told(index, piece);
        const { stopString } = piece;
        const ended = readers.calls?.called === true ? 'tool_calls' : 'stop';
        const reason = event.reason === 'eos' || stopString !== undefined ? ended : 'length';
        yield { type: 'finish', index, reason, stopString };
        return;
      }
    }
  }
}

/** Reads of completion `index` that its prompt is read, where no new token is wanted. */
export async function* readPromptAlone(
  tokens: AsyncIterable<TokenEvent>,
  index: number,
): AsyncGenerator<CompletionEvent, void, void> {
  for await (const event of tokens) if (event.type === 'start') yield { ...event, index };
  yield { type: 'finish', index, reason: 'length', stopString: undefined };
}

function* told(index: number, piece: OutputPiece): Generator<CompletionEvent, void, void> {
  const { reasoning, text, logprobs, calls = [] } = piece;
  if (reasoning !== undefined) yield { type: 'reasoning', index, text: reasoning };
  if (text !== '') yield { type: 'delta', index, text, ...(logprobs && { logprobs }) };
  for (const call of calls) yield { type: 'tool_call', index, ...call };
}
