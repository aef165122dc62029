import type { TokenizerJson, TokenizerPart } from './config-schemas.ts';
import { openTokenizer } from './tokenizers-library.ts';

/** What a tokenizer does to a text before its model cuts it: characters are changed, then words are parted. */
export interface TextPreparation {
  normalize(text: string): string;
  /** @param first whether the text begins the whole input */
  words(text: string, first: boolean): string[];
}

/** Both ways, of which the second puts no space before a text that follows another one. */
export function createPreparations(json: TokenizerJson): { beginning: TextPreparation; continuing: TextPreparation } {
  const faithful = { normalizer: json.normalizer, pre_tokenizer: faithfulPart(json.pre_tokenizer) };
  return {
    beginning: preparation(json, faithful),
    continuing: preparation(json, {
      normalizer: withoutPrefix(faithful.normalizer),
      pre_tokenizer: withoutPrefix(faithful.pre_tokenizer),
    }),
  };
}

function preparation(json: TokenizerJson, parts: Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer'>): TextPreparation {
  // The library makes these two only as parts of a tokenizer: one with no vocabulary.
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const { normalizer, pre_tokenizer: parter } = openTokenizer(
    { ...json, ...parts, model, added_tokens: [], post_processor: null, decoder: null },
    {},
  );
  return {
    normalize: (text) => (normalizer === null ? text : normalizer.normalize(text)),
    words: (text, first) => (parter === null ? [text] : parter.pre_tokenize(text, { section_index: first ? 0 : 1 })),
  };
}

type Part = NonNullable<TokenizerPart>;

/** The parts of a sequence, each changed; others changed themselves. */
function mapParts(part: TokenizerPart, change: (part: Part) => Part | null): TokenizerPart {
  if (part === null) return null;
  if (part.type !== 'Sequence') return change(part);
  const name = 'normalizers' in part ? 'normalizers' : 'pretokenizers';
  const inner = part[name];
  if (!Array.isArray(inner)) return part;
  return { ...part, [name]: inner.flatMap((one: Part) => mapParts(one, change) ?? []) };
}

/** GPT-2's pattern; the library's own copy of it takes JavaScript's `\s`, which has U+FEFF and lacks U+0085. */
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** What the JavaScript library reads differently from the Rust one, in words that both read alike. */
function faithfulPart(parter: TokenizerPart): TokenizerPart {
  return mapParts(parter, (part) => {
    if (part.type === 'Metaspace' && part['prepend_scheme'] === undefined && part['add_prefix_space'] === false) {
      return { ...part, prepend_scheme: 'never' };
    }
    if (part.type === 'ByteLevel' && part['use_regex'] !== false && part['add_prefix_space'] !== true) {
      const split = { type: 'Split', pattern: { Regex: gpt2 }, behavior: 'Isolated', invert: false };
      return { type: 'Sequence', pretokenizers: [split, { ...part, use_regex: false }] };
    }
    return part;
  });
}

function withoutPrefix(parts: TokenizerPart): TokenizerPart {
  return mapParts(parts, (part) => {
    if (part.type === 'Prepend') return null;
    if (part.type === 'Metaspace') return { ...part, prepend_scheme: 'never', add_prefix_space: false };
    if (part.type === 'ByteLevel') return { ...part, add_prefix_space: false };
    return part;
  });
}
