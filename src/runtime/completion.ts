import type { FinishReason } from '../contract/generate.ts';
import type { TokenEvent, Tokenizer } from '../contract/tokens.ts';
import { OutputText } from './output.ts';

/** What one completion tells; it finishes once. */
export type CompletionEvent =
  | { type: 'start'; queueMs: number; cachedTokens: number }
  | { type: 'token' }
  | { type: 'delta'; index: number; text: string }
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
        yield event;
        break;
      case 'token': {
        yield { type: 'token' };
        const { text, stopString } = output.push(tokenizer.bytes(event.id));
        if (text !== '') yield { type: 'delta', index, text };
        if (stopString === undefined) break;
        yield { type: 'finish', index, reason: 'stop', stopString };
        return;
      }
      case 'end': {
        const { text, stopString } = output.end();
        if (text !== '') yield { type: 'delta', index, text };
        const reason = event.reason === 'eos' || stopString !== undefined ? 'stop' : 'length';
        yield { type: 'finish', index, reason, stopString };
        return;
      }
    }
  }
}
