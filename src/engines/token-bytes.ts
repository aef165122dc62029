/** The bytes that byte-level BPE writes as themselves; the other 68 are written from U+0100 on (GPT-2's bytes_to_unicode). */
function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

function byteLevelAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let shifted = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    alphabet.set(String.fromCodePoint(isPrintable(byte) ? byte : shifted++), byte);
  }
  return alphabet;
}

const alphabet = byteLevelAlphabet();
const utf8 = new TextEncoder();

/** A piece of a byte-level BPE vocabulary (GPT-2, Llama 3, Qwen): every character stands for a byte. */
export function byteLevelBytes(piece: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = alphabet.get(character);
    // A character outside the alphabet stands for itself: added tokens are stored as plain text.
    if (byte === undefined) bytes.push(...utf8.encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** A piece of a SentencePiece vocabulary (Llama 2, Gemma): `▁` is a space, `<0xE2>` one byte. */
export function sentencePieceBytes(piece: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  return byte === undefined ? utf8.encode(piece.replaceAll('▁', ' ')) : Uint8Array.of(Number.parseInt(byte, 16));
}

/** A token whose text is what it says: user-defined tokens. */
export function plainBytes(piece: string): Uint8Array {
  return utf8.encode(piece);
}
