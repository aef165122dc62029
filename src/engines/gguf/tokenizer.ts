import type { LlamaModel } from 'node-llama-cpp';
import type { EncodeOptions, InfillTokens, Tokenizer } from '../../contract/tokens.ts';
import { addonModel, type AddonModel } from './addon.ts';
import { byteLevelBytes, plainBytes, sentencePieceBytes } from '../token-bytes.ts';

/** Bits of llama.h's llama_token_attr. */
const UNKNOWN = 1;
const CONTROL = 8;
const USER_DEFINED = 16;
const NAMED = UNKNOWN | CONTROL | USER_DEFINED;

const NOTHING = new Uint8Array();

interface Vocabulary {
  size: number;
  specialTexts: string[];
  addedTexts: string[];
  /** Special and added tokens. */
  named: Set<number>;
  /** The same by their names. */
  namedIds: Map<string, number>;
  eog: Set<number>;
  longestToken: number;
  byteLevel: boolean;
}

/** The tokenizer that a GGUF file carries. Reads the whole vocabulary once: about 20 ms for 50,000 tokens. */
export function createTokenizer(model: LlamaModel): Tokenizer {
  const native = addonModel(model);
  const vocabulary = readVocabulary(model, native);
  const cache: (Uint8Array | undefined)[] = [];
  const bytes = (id: number): Uint8Array => (cache[id] ??= tokenBytes(native, id, vocabulary.byteLevel));
  // SentencePiece vocabularies put a space before a text's first word.
  const spacePrefix = bytes(native.tokenize('a', false)[0] ?? -1)[0] === 0x20;
  const { tokens } = model;

  const encode = (text: string, { special, added = special, continues }: EncodeOptions): number[] => {
    const ids = spacePrefix && continues ? encodeContinuing(text, special) : Array.from(native.tokenize(text, special));
    // llama.cpp parses names of added tokens whatever it is told; a name without its first character is none.
    const names = added ? [] : namesIn(text, ids);
    if (names.length === 0) return ids;
    return cutNames(text, names).flatMap((piece, index) =>
      encode(piece, { special, added, continues: continues || index > 0 }),
    );
  };

  /** Names in a text that became tokens; of a single character nothing can be taken. */
  const namesIn = (text: string, ids: readonly number[]): string[] =>
    [...new Set(ids)]
      .filter((id) => vocabulary.named.has(id))
      .map((id) => native.getTokenString(id))
      .filter((name) => /^..+$/su.test(name) && text.includes(name));

  /** The prefix is the text's own first space; where it has none, a prefix that became a token of its own goes. */
  const encodeContinuing = (text: string, special: boolean): number[] => {
    if (text.startsWith(' ') && text.length > 1) return Array.from(native.tokenize(text.slice(1), special));
    const ids = Array.from(native.tokenize(text, special));
    const first = bytes(ids[0] ?? -1);
    return text !== ' ' && first.length === 1 && first[0] === 0x20 ? ids.slice(1) : ids;
  };

  return {
    encode,
    bytes,
    specialText: (id) => native.getTokenString(id),
    size: vocabulary.size,
    longestToken: vocabulary.longestToken,
    specialTexts: vocabulary.specialTexts,
    addedTexts: vocabulary.addedTexts,
    special: {
      bos: tokens.shouldPrependBosToken ? (tokens.bos ?? undefined) : undefined,
      bosText: tokens.bosString ?? '',
      eosText: tokens.eosString ?? '',
      eog: vocabulary.eog,
      infill: infillTokens(model, vocabulary),
    },
  };
}

/** The text, cut after the first character of each name in it. */
function cutNames(text: string, names: readonly string[]): string[] {
  const pattern = new RegExp(names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'gu');
  const pieces: string[] = [];
  let from = 0;
  for (const { index, 0: name } of text.matchAll(pattern)) {
    const end = index + String.fromCodePoint(name.codePointAt(0) ?? 0).length;
    pieces.push(text.slice(from, end));
    from = end;
  }
  return [...pieces, text.slice(from)];
}

/** Names of marks that llama.cpp recognises as well (llama-vocab.cpp), but the addon does not tell. */
const projectMarks = ['<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'];
const fileMarks = ['<|file_sep|>'];

function infillTokens({ tokens }: LlamaModel, { namedIds }: Vocabulary): InfillTokens | undefined {
  const { prefix, suffix, middle } = tokens.infill;
  if (prefix === null || suffix === null || middle === null) return undefined;
  const first = (names: readonly string[]): number | undefined => names.flatMap((name) => namedIds.get(name) ?? [])[0];
  return { prefix, suffix, middle, project: first(projectMarks), file: first(fileMarks) };
}

function tokenBytes(native: AddonModel, id: number, byteLevel: boolean): Uint8Array {
  if (id < 0) return NOTHING;
  const attributes = native.getTokenAttributes(id);
  if (attributes & (CONTROL | UNKNOWN)) return NOTHING;
  const piece = native.getTokenString(id);
  if (attributes & USER_DEFINED) return plainBytes(piece);
  return byteLevel ? byteLevelBytes(piece) : sentencePieceBytes(piece);
}

function readVocabulary(model: LlamaModel, native: AddonModel): Vocabulary {
  const size = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  const vocabulary: Vocabulary = {
    size,
    specialTexts: [],
    addedTexts: [],
    named: new Set(),
    namedIds: new Map(),
    eog: new Set(),
    longestToken: 1,
    byteLevel: false,
  };
  let spaces = false;
  for (let id = 0; id < size; id += 1) {
    const piece = native.getTokenString(id);
    const attributes = native.getTokenAttributes(id);
    vocabulary.longestToken = Math.max(vocabulary.longestToken, Buffer.byteLength(piece));
    if (native.isEogToken(id)) vocabulary.eog.add(id);
    if (attributes & NAMED && piece !== '') {
      vocabulary.named.add(id);
      vocabulary.namedIds.set(piece, id);
      (attributes & USER_DEFINED ? vocabulary.addedTexts : vocabulary.specialTexts).push(piece);
    } else if (piece.includes('▁')) spaces = true;
  }
  // Nearly every BPE vocabulary is byte-level; Gemma 4's marks spaces as SentencePiece does.
  vocabulary.byteLevel = model.vocabularyType === 'bpe' && !spaces;
  return vocabulary;
}
