import { InferenceError } from '../../../contract/errors.ts';
import type { EncodeOptions, Tokenizer } from '../../../contract/tokens.ts';
import { AddedTokens } from './added-tokens.ts';
import type { AddedToken } from '../folder/config-schemas.ts';
import type { OnnxFolder } from '../folder/folder.ts';
import { createFraming } from './framing.ts';
import { pieceBytes } from './piece-bytes.ts';
import { createPreparations } from './text-pieces.ts';
import { tokenRoles } from './token-roles.ts';
import { openTokenizer, type LibraryModel } from './tokenizers-library.ts';

const NOTHING = new Uint8Array();

/**
 * The tokenizer of a model's folder, over @huggingface/tokenizers' normalizers, pre-tokenizers and models. Names of added
 * tokens are looked for here, since the library always parses all of them.
 * @throws InferenceError model_failed where it is none that is known, or does not belong to the model
 */
export function createOnnxTokenizer(folder: OnnxFolder): Tokenizer {
  const json = folder.tokenizer;
  const model = openModel(folder);
  const size = checkedSize(folder, model.vocab);
  const added = json.added_tokens.filter(({ id }) => id < size);
  const { beginning, continuing } = createPreparations(json);
  const named = new Map(added.map((token) => [token.id, token]));
  const unknown = model.unk_token_id;
  const wordwise = partsWords(json.model.type, model.vocab);

  const createFinders = (tokens: readonly AddedToken[]): Finders => ({
    raw: new AddedTokens(byName(tokens, ({ normalized }) => !normalized || json.normalizer === null)),
    normalized: new AddedTokens(
      byName(tokens, ({ normalized }) => normalized && json.normalizer !== null, beginning.normalize),
    ),
  });
  const special = added.filter((token) => token.special);
  const plain = added.filter((token) => !token.special);
  const parsed = {
    all: createFinders(added),
    special: createFinders(special),
    plain: createFinders(plain),
    none: createFinders([]),
  };
  const unparsed = { all: parsed.none, special: parsed.plain, plain: parsed.special, none: parsed.all };

  const encodeText = (text: string, finders: Finders, continues: boolean): number[] => {
    const ids: number[] = [];
    for (const section of finders.raw.split(text)) {
      if ('id' in section) {
        ids.push(section.id);
        continue;
      }
      const first = section.start === 0;
      const { normalize, words } = first && continues ? continuing : beginning;
      for (const part of finders.normalized.split(normalize(section.text))) {
        if ('id' in part) ids.push(part.id);
        else ids.push(...idsOf(words(part.text, first && part.start === 0 && !continues)));
      }
    }
    return ids;
  };

  const idsOf = (words: readonly string[]): number[] => {
    const short = wordwise ? words.flatMap((word) => word.split(/(?<=[^▁])(?=▁)/u)) : words;
    return model._call(short).flatMap((token) => {
      const id = model.tokens_to_ids.get(token);
      return (id !== undefined && id < size ? id : unknown) ?? [];
    });
  };

  const encode = (text: string, options: EncodeOptions): number[] => {
    const { special: withSpecial, added: withAdded = withSpecial, continues } = options;
    const kind = withSpecial ? (withAdded ? 'all' : 'special') : withAdded ? 'plain' : 'none';
    const ids = encodeText(text, parsed[kind], continues);
    if (kind === 'all' || !ids.some((id) => named.has(id) && id !== unknown)) return ids;
    // Some vocabularies have these names among their pieces too; a name that is cut after its first character is none.
    const pieces = cutNames(text, unparsed[kind].raw);
    if (pieces.length < 2) return ids;
    return pieces.flatMap((piece, index) => encodeText(piece, parsed[kind], continues || index > 0));
  };

  const cache: (Uint8Array | undefined)[] = [];
  const toBytes = pieceBytes(json);
  const bytes = (id: number): Uint8Array => {
    const piece = model.vocab[id];
    if (piece === undefined || id >= size || id === unknown) return NOTHING;
    return (cache[id] ??= toBytes(piece, named.get(id)));
  };

  return {
    encode,
    bytes,
    specialText: (id) => model.vocab[id] ?? '',
    size,
    longestToken: model.vocab.reduce((longest, piece = '') => Math.max(longest, Buffer.byteLength(piece)), 1),
    specialTexts: special.map(({ content }) => content),
    addedTexts: plain.map(({ content }) => content),
    special: tokenRoles(folder, new Map(added.map(({ content, id }) => [content, id]))),
  };
}

/** Looked for before and after a text is normalized. */
interface Finders {
  raw: AddedTokens;
  normalized: AddedTokens;
}

function byName(
  tokens: readonly AddedToken[],
  wanted: (token: AddedToken) => boolean,
  nameOf = (content: string): string => content,
): Map<string, AddedToken> {
  return new Map(
    tokens.flatMap((token): [string, AddedToken][] => {
      const name = nameOf(token.content);
      return wanted(token) && name !== '' ? [[name, token]] : [];
    }),
  );
}

/** The text, cut after the first character of each name in it. */
function cutNames(text: string, names: AddedTokens): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (names.at(text, at) === undefined) continue;
    pieces.push(text.slice(from, at + 1));
    from = at + 1;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

function openModel({ path, tokenizer: json, tokenizerConfig }: OnnxFolder): LibraryModel {
  try {
    const { model } = openTokenizer({ ...json, post_processor: null, decoder: null }, tokenizerConfig);
    if (model === null) throw new Error('it has no model');
    createFraming(json);
    return model;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferenceError(
      'model_failed',
      `${path}/tokenizer.json is no tokenizer that is known here (${reason}); export the model anew.`,
      { cause },
    );
  }
}

/**
 * How many tokens there are. A model's table may have more rows, as padding, and may lack rows for added tokens, which then
 * are no tokens of it.
 * @throws InferenceError model_failed where tokenizer and model are of different vocabularies
 */
function checkedSize(
  { path, vocabularySize: rows, tokenizer, task, endIds }: OnnxFolder,
  vocab: LibraryModel['vocab'],
): number {
  if (rows === undefined) return vocab.length;
  const added = new Set(tokenizer.added_tokens.map(({ content }) => content));
  const needed = vocab.findLastIndex((piece) => piece !== undefined && !added.has(piece)) + 1;
  const size = Math.min(vocab.length, rows);
  if (needed <= rows && rows <= 2 * vocab.length && (task !== 'generate' || endIds.every((id) => id < size)))
    return size;
  throw new InferenceError(
    'model_failed',
    `${path}/tokenizer.json has ${vocab.length} tokens, but the model's config.json says ${rows}; put the tokenizer there that the model was trained with.`,
  );
}

/**
 * Whether no piece goes on after a word's end: then words can be cut one by one, which keeps texts without any other
 * cutting (Llama 2, Gemma) from being one long word.
 */
function partsWords(type: string | null | undefined, vocab: LibraryModel['vocab']): boolean {
  return type === 'BPE' && !vocab.some((piece) => piece !== undefined && /[^▁]▁/u.test(piece));
}
