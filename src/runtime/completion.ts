import type { FinishReason, TokenLogprob } from '../contract/generate.ts';
import type { TokenEvent, Tokenizer } from '../contract/tokens.ts';
import { withTexts } from './logprobs.ts';
import { OutputText, type OutputPiece } from './output.ts';

/** What one completion tells; it finishes once. */
export type CompletionEvent =
  | { type: 'start'; index: number; queueMs: number; cachedTokens: number }
  | { type: 'token'; index: number; id: number }
  | { type: 'delta'; index: number; text: string; logprobs?: TokenLogprob[] }
  | { type: 'finish'; index: number; reason: FinishReason; stopString: string | undefined };

/** Reads the tokens of completion `index` as text. Leaves them at a stop string, which stops their making. */
export async function* readCompletion(
  tokens: AsyncIterable<TokenEvent>,
  index: number,
  stop: readonly string[],
  tokenizer: Tokenizer,
): AsyncGenerator<CompletionEvent, void, void> {
  const output = new OutputText(stop);
  for await (const event of tokens) {
    switch (event.type) {
      case 'start':
        yield { ...event, index };
        break;
      case 'token': {
        yield { type: 'token', index, id: event.id };
        const bytes = tokenizer.bytes(event.id);
        const told = event.logprobs && bytes.length > 0 ? withTexts(event.id, event.logprobs, tokenizer) : undefined;
        const piece = output.push(bytes, told);
        yield* delta(index, piece);
        const { stopString } = piece;
        if (stopString === undefined) break;
        yield { type: 'finish', index, reason: 'stop', stopString };
        return;
      }
      case 'end': {
        const piece = output.end();
        yield* delta(index, piece);
        const { stopString } = piece;
        const reason = event.reason === 'eos' || stopString !== undefined ? 'stop' : 'length';
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

function* delta(index: number, { text, logprobs }: OutputPiece): Generator<CompletionEvent, void, void> {
  if (text !== '') yield { type: 'delta', index, text, ...(logprobs && { logprobs }) };
}
