import type { TokenLogprob, TokenScore } from '../contract/generate.ts';
import type { Tokenizer, TokenLogprobs } from '../contract/tokens.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A token's log probabilities with its bytes and text, and those of the tokens that it is listed with. */
export function withTexts(id: number, { logprob, top }: TokenLogprobs, tokenizer: Tokenizer): TokenLogprob {
  return {
    ...scored(id, logprob, tokenizer),
    top: top.map((one) => scored(one.id, one.logprob, tokenizer)),
  };
}

function scored(id: number, logprob: number, tokenizer: Tokenizer): TokenScore {
  const bytes = tokenizer.bytes(id);
  return { id, text: bytes.length > 0 ? decoder.decode(bytes) : tokenizer.specialText(id), bytes, logprob };
}

/** Log probabilities that wait until the text of their tokens is handed out. */
export class HeldLogprobs {
  private held: { end: number; logprob: TokenLogprob }[] = [];

  /**
   * @param decoded characters of the completion up to the token's end
   * @param added those that it added
   */
  hold(logprob: TokenLogprob, decoded: number, added: number): void {
    // A token that ends within a character comes out with it.
    const open = added === 0 || endsWithinCharacter(logprob.bytes);
    this.held.push({ end: decoded + (open ? 1 : 0), logprob });
  }

  /** Gives those of tokens that lie whole in the first `released` characters. */
  release(released: number): TokenLogprob[] {
    const count = this.held.findIndex(({ end }) => end > released);
    return this.held.splice(0, count < 0 ? this.held.length : count).map(({ logprob }) => logprob);
  }
}

/** Whether the bytes end with a UTF-8 sequence that was begun in them and is not complete (RFC 3629, section 3). */
function endsWithinCharacter(bytes: Uint8Array): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    // What begins no character is replaced at once.
    if (byte < 0xc2 || byte > 0xf4) return false;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back;
  }
  return false;
}
