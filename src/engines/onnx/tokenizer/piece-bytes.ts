import { byteLevelBytes, plainBytes, sentencePieceBytes } from '../../token-bytes.ts';
import type { AddedToken, TokenizerJson, TokenizerPart } from '../folder/config-schemas.ts';

const NOTHING = new Uint8Array();

/** The bytes that a piece of the vocabulary stands for in a text. @param added where it is an added token */
export type PieceBytes = (piece: string, added: AddedToken | undefined) => Uint8Array;

/** How a tokenizer writes bytes in its pieces, by its decoder, or by what cuts its texts where it has none. */
export function pieceBytes({ decoder, pre_tokenizer: parter, model }: TokenizerJson): PieceBytes {
  const ofVocabulary = vocabularyBytes([...typesIn(decoder), ...typesIn(parter)], decoder, model.type ?? '');
  return (piece, added) => {
    if (added === undefined) return ofVocabulary(piece);
    if (added.special) return NOTHING;
    // Gemma's runs of spaces are added tokens, written as its pieces are.
    return plainBytes(ofVocabulary === sentencePieceBytes ? piece.replaceAll('▁', ' ') : piece);
  };
}

function vocabularyBytes(
  types: readonly string[],
  decoder: TokenizerPart,
  model: string,
): (piece: string) => Uint8Array {
  if (types.includes('ByteLevel')) return byteLevelBytes;
  if (types.includes('WordPiece') || model === 'WordPiece') {
    return (piece) => plainBytes(piece.startsWith('##') ? piece.slice(2) : ` ${piece}`);
  }
  const suffix = decoder?.type === 'BPEDecoder' ? decoder['suffix'] : undefined;
  if (typeof suffix === 'string') return (piece) => plainBytes(piece.replaceAll(suffix, ' '));
  return sentencePieceBytes;
}

/** The types of a part, and of those inside it. */
function typesIn(part: TokenizerPart): string[] {
  if (part === null) return [];
  const inner = part['decoders'] ?? part['pretokenizers'];
  if (!Array.isArray(inner)) return [part.type];
  return inner.flatMap((one: TokenizerPart) => typesIn(one));
}
