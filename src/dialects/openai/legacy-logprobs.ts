import type { TokenLogprob, TokenScore } from '../../contract/generate.ts';

/** OpenAI's value for what is next to impossible; JSON has no infinity. */
const LEAST = -9999;

/**
 * The `logprobs` objects of one completion's text, piece after piece.
 * https://platform.openai.com/docs/api-reference/completions/object
 */
export class LegacyLogprobs {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Characters (code points) of the tokens so far. */
  private offset = 0;

  /** The tokens of the next piece. The sampled one stands among the top ones also where it is none of them. */
  next(tokens: readonly TokenLogprob[]): object {
    return {
      tokens: tokens.map(nameOf),
      token_logprobs: tokens.map(({ logprob }) => bounded(logprob)),
      top_logprobs: tokens.map((token) =>
        Object.fromEntries([...token.top, token].map((one) => [nameOf(one), bounded(one.logprob)])),
      ),
      text_offset: tokens.map((token) => this.advance(token)),
    };
  }

  /** Where a token begins: a token within a character, where that does. */
  private advance({ bytes }: TokenLogprob): number {
    const begin = this.offset;
    for (const _character of this.decoder.decode(bytes, { stream: true })) this.offset += 1;
    return begin;
  }
}

/** A token's text; OpenAI writes one that is no UTF-8 by itself as its bytes. */
function nameOf({ text, bytes }: TokenScore): string {
  if (!text.includes('\uFFFD')) return text;
  return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}

function bounded(logprob: number): number {
  return Math.max(LEAST, logprob);
}
