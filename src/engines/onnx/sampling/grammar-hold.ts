import type { TokenGrammar } from '../../../contract/tokens.ts';
import { advanceBytes, beginning, GbnfAutomaton, type GrammarPosition, mayEnd } from '../../../grammar/index.ts';
import type { SamplingModel } from './sampling-model.ts';

/**
 * Whether a text can be held to this grammar: GBNF as llama.cpp takes it, but for tokens in angle brackets and repetitions of
 * more than 2,000.
 * @throws Error with a sentence that says what is wrong: no grammar, no rule `root`, a rule that can begin with itself
 */
export function checkGrammar(gbnf: string): void {
  void new GbnfAutomaton(gbnf);
}

/** Holds one completion to a grammar, token by token. */
export class GrammarHold {
  /** Control tokens that the text may not be written with. */
  readonly unwritten: readonly number[];
  readonly #model: SamplingModel;
  #position: GrammarPosition;

  /** @throws Error where the text is no grammar */
  constructor(model: SamplingModel, { gbnf, special }: TokenGrammar) {
    this.#model = model;
    this.#position = beginning(model.grammar(gbnf));
    this.unwritten = [...model.vocabulary.controlTokens].flatMap(([id, name]) => (special.includes(name) ? [] : [id]));
  }

  /**
   * Goes on behind a token, if it may come next.
   * @returns whether it may
   * @throws Error where the grammar leaves too many choices
   */
  take(id: number): boolean {
    if (this.#model.vocabulary.endTokens.has(id)) return mayEnd(this.#position);
    const bytes = this.#model.grammarBytes(id);
    const behind = bytes.length === 0 ? undefined : advanceBytes(this.#position, bytes);
    this.#position = behind ?? this.#position;
    return behind !== undefined;
  }

  /** Bans every token that may not come next. @throws Error where the grammar leaves too many choices */
  mask(logits: Float32Array): void {
    const { endTokens } = this.#model.vocabulary;
    const ends = mayEnd(this.#position) ? [...endTokens].map((id) => [id, logits[id] ?? -Infinity] as const) : [];
    const words = this.#model.masks.at(this.#position);
    for (let at = 0; at * 32 < logits.length; at += 1) {
      const word = words[at] ?? 0;
      if (word === 0) logits.fill(-Infinity, at * 32, at * 32 + 32);
      else if (word !== EVERY) banWithin(logits, at * 32, word);
    }
    for (const [id, logit] of ends) logits[id] = logit;
  }
}

const EVERY = 0xffff_ffff;

/** Bans those of 32 tokens whose bit is not set. */
function banWithin(logits: Float32Array, from: number, word: number): void {
  const to = Math.min(from + 32, logits.length);
  for (let id = from; id < to; id += 1) if ((word & (1 << (id - from))) === 0) logits[id] = -Infinity;
}
