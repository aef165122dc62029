import type { LlamaModel } from 'node-llama-cpp';
import type { EncodeOptions, Tokenizer } from '../../contract/tokens.ts';
import { addonModel, type AddonModel } from './addon.ts';
import { byteLevelBytes, plainBytes, sentencePieceBytes } from './token-bytes.ts';

/** Bits of llama.h's llama_token_attr. */
const UNKNOWN = 1;
const CONTROL = 8;
const USER_DEFINED = 16;

/** Vocabularies whose pieces are byte-level; the others write a space as `▁`. */
const BYTE_LEVEL = 'bpe';

const NOTHING = new Uint8Array();

/** The tokenizer that a GGUF file carries. Reads the whole vocabulary once: about 20 ms for 50,000 tokens. */
export function createTokenizer(model: LlamaModel): Tokenizer {
  const native = addonModel(model);
  const vocabulary = readVocabulary(model, native);
  const bytesOf = vocabularyBytes(model, native);
  const cache: (Uint8Array | undefined)[] = [];
  const spacePrefix = prefixesSpace(native, bytesOf);
  const { tokens } = model;
  return {
    encode(text, options) {
      return Array.from(encode(native, bytesOf, spacePrefix, text, options));
    },
    bytes(id) {
      return (cache[id] ??= bytesOf(id));
    },
    longestToken: vocabulary.longestToken,
    specialTexts: vocabulary.specialTexts,
    special: {
      bos: tokens.shouldPrependBosToken ? (tokens.bos ?? undefined) : undefined,
      bosText: tokens.bosString ?? '',
      eosText: tokens.eosString ?? '',
      eog: vocabulary.eog,
    },
  };
}

function encode(
  native: AddonModel,
  bytesOf: (id: number) => Uint8Array,
  spacePrefix: boolean,
  text: string,
  { special, continues }: EncodeOptions,
): Uint32Array {
  if (!spacePrefix || !continues) return native.tokenize(text, special);
  // The prefix is the text's own first space; where it has none, a prefix that became a token of its own goes.
  if (text.startsWith(' ')) return native.tokenize(text.slice(1), special);
  const ids = native.tokenize(text, special);
  const first = ids[0];
  return first !== undefined && isSpace(bytesOf(first)) ? ids.subarray(1) : ids;
}

/** SentencePiece vocabularies put a space before a text's first word. */
function prefixesSpace(native: AddonModel, bytesOf: (id: number) => Uint8Array): boolean {
  const first = native.tokenize('a', false)[0];
  return first !== undefined && bytesOf(first)[0] === 0x20;
}

function isSpace(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === 0x20;
}

function vocabularyBytes(model: LlamaModel, native: AddonModel): (id: number) => Uint8Array {
  const pieceBytes = model.vocabularyType === BYTE_LEVEL ? byteLevelBytes : sentencePieceBytes;
  return (id) => {
    const attributes = native.getTokenAttributes(id);
    if (attributes & (CONTROL | UNKNOWN)) return NOTHING;
    const piece = native.getTokenString(id);
    return attributes & USER_DEFINED ? plainBytes(piece) : pieceBytes(piece);
  };
}

function readVocabulary(
  model: LlamaModel,
  native: AddonModel,
): { longestToken: number; specialTexts: string[]; eog: Set<number> } {
  const size = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  const specialTexts: string[] = [];
  const eog = new Set<number>();
  let longestToken = 1;
  for (let id = 0; id < size; id += 1) {
    const piece = native.getTokenString(id);
    longestToken = Math.max(longestToken, Buffer.byteLength(piece));
    if (native.getTokenAttributes(id) & CONTROL && piece !== '') specialTexts.push(piece);
    if (native.isEogToken(id)) eog.add(id);
  }
  return { longestToken, specialTexts, eog };
}
