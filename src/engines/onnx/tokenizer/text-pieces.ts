import { createBertNormalizer } from './bert-normalizer.ts';
import type { TokenizerJson, TokenizerPart } from '../folder/config-schemas.ts';
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
  const cut = cutsWords(json.pre_tokenizer);
  const bert = parts.normalizer?.type === 'BertNormalizer' ? createBertNormalizer(parts.normalizer) : undefined;
  return {
    normalize: bert ?? ((text) => (normalizer === null ? text : normalizer.normalize(text))),
    words: (text, first) => {
      const words = parter === null ? [text] : parter.pre_tokenize(text, { section_index: first ? 0 : 1 });
      return cut ? words.flatMap((word) => word.split(/(?=▁)/u)) : words;
    },
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

const punctuation = String.raw`[\p{P}\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E]`;

/** What the JavaScript library reads differently from the Rust one, in words that both read alike. */
function faithfulPart(parter: TokenizerPart): TokenizerPart {
  return mapParts(parter, (part) => {
    switch (part.type) {
      case 'Metaspace':
        return part['prepend_scheme'] === undefined && part['add_prefix_space'] === false
          ? { ...part, prepend_scheme: 'never' }
          : part;
      case 'ByteLevel': {
        if (part['use_regex'] === false || part['add_prefix_space'] === true) return part;
        return { type: 'Sequence', pretokenizers: [split(gpt2, 'Isolated'), { ...part, use_regex: false }] };
      }
      case 'Digits':
        return split(part['individual_digits'] === true ? String.raw`\p{N}` : String.raw`\p{N}+`, 'Isolated');
      case 'Punctuation':
        return (part['behavior'] ?? 'Isolated') === 'Isolated' ? split(punctuation, 'Isolated') : part;
      case 'Whitespace':
        return { ...split(String.raw`\w+|[^\w\s]+`, 'Removed'), invert: true };
      case 'WhitespaceSplit':
        return split(String.raw`\s+`, 'Removed');
      default:
        return part;
    }
  });
}

function split(pattern: string, behavior: 'Isolated' | 'Removed'): Part {
  return { type: 'Split', pattern: { Regex: pattern }, behavior, invert: false };
}

/** Whether words end before each `▁`, as the Rust library's Metaspace has it unless told otherwise. */
function cutsWords(parter: TokenizerPart): boolean {
  let cuts = false;
  mapParts(parter, (part) => {
    cuts ||= part.type === 'Metaspace' && part['split'] !== false;
    return part;
  });
  return cuts;
}

function withoutPrefix(parts: TokenizerPart): TokenizerPart {
  return mapParts(parts, (part) => {
    if (part.type === 'Prepend') return null;
    if (part.type === 'Metaspace') return { ...part, prepend_scheme: 'never', add_prefix_space: false };
    if (part.type === 'ByteLevel') return { ...part, add_prefix_space: false };
    return part;
  });
}
