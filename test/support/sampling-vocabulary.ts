import { SamplingModel, type SamplingVocabulary } from '../../src/engines/onnx/sampling/sampling-model.ts';

const utf8 = new TextEncoder();

/** A vocabulary of these texts; a name in `control` or `ends` makes a control token of the text that it is. */
export function vocabularyOf(
  texts: readonly (string | Uint8Array)[],
  { ends = [], control = [] }: { ends?: readonly string[]; control?: readonly string[] } = {},
): SamplingVocabulary {
  const named = (list: readonly string[]) => texts.flatMap((text, id) => (list.includes(String(text)) ? [id] : []));
  const special = new Set([...named(ends), ...named(control)]);
  const pieces = texts.map((text, id) => (special.has(id) ? new Uint8Array() : bytesOf(text)));
  const offsets = new Uint32Array(texts.length + 1);
  pieces.forEach((piece, id) => (offsets[id + 1] = (offsets[id] ?? 0) + piece.length));
  return {
    size: texts.length,
    endTokens: new Set(named(ends)),
    controlTokens: new Map(named(control).map((id) => [id, String(texts[id])])),
    bytes: Uint8Array.from(pieces.flatMap((piece) => [...piece])),
    offsets,
  };
}

/** A model whose tokens nobody reads, the last of them its end. */
export function plainModel(size: number): SamplingModel {
  const texts = Array.from({ length: size }, (_, id) => `t${id}`);
  return new SamplingModel(vocabularyOf(texts, { ends: [`t${size - 1}`] }));
}

/** The bytes of tokens, one after another; ends and control tokens have none. */
export function bytesOfTokens({ bytes, offsets }: SamplingVocabulary, ids: readonly number[]): Uint8Array {
  return Uint8Array.from(ids.flatMap((id) => [...bytes.subarray(offsets[id], offsets[id + 1])]));
}

/** Every byte as a token of its own, as byte fallback has them. */
export const everyByte: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? utf8.encode(text) : text;
}
