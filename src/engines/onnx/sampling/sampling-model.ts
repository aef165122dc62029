import { GbnfAutomaton, TokenMasks, TokenTrie } from '../../../grammar/index.ts';
import { Candidates } from './candidates.ts';

/** What sampling has to know of a model's tokens. Plain cloneable data. */
export interface SamplingVocabulary {
  /** Tokens that can be sampled: their ids are 0 to size - 1. A model may have more logits. */
  readonly size: number;
  /** Tokens that end a generation. */
  readonly endTokens: ReadonlySet<number>;
  /** Names of the other control tokens, by id. */
  readonly controlTokens: ReadonlyMap<number, string>;
  /** The bytes that the tokens add to a text, one after another; none for a token that is no text. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` those of each token begin; one more than there are tokens. */
  readonly offsets: Uint32Array;
}

/** Grammars that are remembered with all that was found out about them. */
const MOST_GRAMMARS = 16;

const utf8 = new TextEncoder();

/** What the samplers of a model's slots share. They work one after another, on one thread. */
export class SamplingModel {
  readonly vocabulary: SamplingVocabulary;
  readonly candidates: Candidates;
  /** By their text, the one that was used last at the end. */
  readonly #grammars = new Map<string, GbnfAutomaton>();
  #masks: TokenMasks | undefined;

  constructor(vocabulary: SamplingVocabulary) {
    this.vocabulary = vocabulary;
    this.candidates = new Candidates(vocabulary.size);
  }

  /** @throws Error where the text is no grammar */
  grammar(gbnf: string): GbnfAutomaton {
    const grammar = this.#grammars.get(gbnf) ?? new GbnfAutomaton(gbnf);
    this.#grammars.delete(gbnf);
    this.#grammars.set(gbnf, grammar);
    const [oldest] = this.#grammars.keys();
    if (this.#grammars.size > MOST_GRAMMARS && oldest !== undefined) this.#grammars.delete(oldest);
    return grammar;
  }

  /** What grammars leave of the vocabulary. The first call sorts it: about 0.1 s for 50,000 tokens. */
  get masks(): TokenMasks {
    this.#masks ??= new TokenMasks(new TokenTrie(this.vocabulary.size, (id) => this.grammarBytes(id)));
    return this.#masks;
  }

  /** What a token is written as in a grammar: a control token as its name; none where it is not part of a text. */
  grammarBytes(id: number): Uint8Array {
    const { endTokens, controlTokens, bytes, offsets } = this.vocabulary;
    if (endTokens.has(id)) return new Uint8Array();
    const name = controlTokens.get(id);
    return name === undefined ? bytes.subarray(offsets[id], offsets[id + 1]) : utf8.encode(name);
  }
}
