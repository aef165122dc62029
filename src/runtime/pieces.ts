import type { Tokenizer } from '../contract/tokens.ts';

const encoder = new TextEncoder();

/** The bytes that a token stands for in a text that shows special tokens: those of its name for one of these. */
export function pieceOf(id: number, tokenizer: Tokenizer): Uint8Array {
  const bytes = tokenizer.bytes(id);
  return bytes.length > 0 ? bytes : encoder.encode(tokenizer.specialText(id));
}

/** Tokens and texts as one text, special tokens by their names; what is no UTF-8 becomes U+FFFD. */
export function textOf(items: readonly (number | string)[], tokenizer: Tokenizer): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let text = '';
  for (const item of items) {
    if (typeof item === 'string') text += decoder.decode() + item;
    else text += decoder.decode(pieceOf(item, tokenizer), { stream: true });
  }
  return text + decoder.decode();
}
