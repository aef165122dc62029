import { setImmediate } from 'node:timers/promises';
import { abortError } from '../contract/errors.ts';
import type { Tokenizer } from '../contract/tokens.ts';

const encoder = new TextEncoder();

/** The bytes that a token stands for in a text that shows special tokens: those of its name for one of these. */
export function pieceOf(id: number, tokenizer: Tokenizer): Uint8Array {
  const bytes = tokenizer.bytes(id);
  return bytes.length > 0 ? bytes : encoder.encode(tokenizer.specialText(id));
}

/** Tokens and texts as one text, special tokens by their names; what is no UTF-8 becomes U+FFFD. */
export function textOf(items: readonly (number | string)[], tokenizer: Tokenizer): string {
  const writer = new PieceWriter(tokenizer);
  return writer.add(items) + writer.end();
}

/** The same, bit by bit. */
export class PieceWriter {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** The text that is whole with these. */
  add(items: readonly (number | string)[]): string {
    let text = '';
    for (const item of items) {
      if (typeof item === 'string') text += this.decoder.decode() + item;
      else text += this.decoder.decode(pieceOf(item, this.tokenizer), { stream: true });
    }
    return text;
  }

  /** What is left: half a character as U+FFFD. */
  end(): string {
    return this.decoder.decode();
  }
}

/** Tokens between which the event loop runs: some milliseconds' work. */
const SLICE = 8192;

/** Lists in slices; the event loop runs between two. @throws InferenceError the signal's reason */
export async function* slicesOf<Item>(
  items: readonly Item[],
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], void, void> {
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await setImmediate();
    if (signal.aborted) throw abortError(signal);
    yield items.slice(from, from + SLICE);
  }
}
