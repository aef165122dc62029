import * as library from '@huggingface/tokenizers';
import type { TokenizerConfig, TokenizerJson } from '../folder/config-schemas.ts';

/** What is used of @huggingface/tokenizers, whose own types name files in a way that Node's resolution does not find. */
export interface LibraryTokenizer {
  normalizer: { normalize(text: string): string } | null;
  pre_tokenizer: { pre_tokenize(text: string, options: { section_index: number }): string[] } | null;
  model: LibraryModel | null;
}

export interface LibraryModel {
  /** The pieces of words. */
  _call(words: readonly string[]): string[];
  /** Pieces by their ids, added tokens among them; ids that nothing has are holes. */
  vocab: (string | undefined)[];
  tokens_to_ids: Map<string, number>;
  unk_token_id?: number | undefined;
}

/** @throws Error for parts of a type that it doesn't know */
export function openTokenizer(json: TokenizerJson, config: TokenizerConfig): LibraryTokenizer {
  const { Tokenizer } = library as unknown as {
    Tokenizer: new (json: TokenizerJson, config: TokenizerConfig) => LibraryTokenizer;
  };
  return new Tokenizer(json, config);
}
