import type { Sampling } from './generate.ts';

/** One completion, in tokens. Plain cloneable data. */
export interface TokenRequest {
  /** At least one token. */
  prompt: readonly number[];
  /** New tokens at most, at least 1; prompt + maxTokens fit the context. */
  maxTokens: number;
  /** End-of-generation tokens cannot be sampled before this many new tokens; maxTokens means never. */
  minTokens: number;
  sampling: Sampling;
}

/** What a token request yields, in this order: one start, tokens, one end. */
export type TokenEvent =
  | { type: 'start'; queueMs: number; cachedTokens: number }
  | { type: 'token'; id: number }
  | { type: 'end'; reason: 'eos' | 'length' };

/** One entry a slot: a decoder's last token, or the next chunk of a prompt. `sample` asks for the token that follows. */
export type StepPlan = readonly { slot: number; tokens: readonly number[]; sample: boolean }[];

/** One entry for every plan entry with `sample`. */
export type StepResult = readonly { slot: number; id: number }[];

/**
 * What the scheduler asks of an engine. Each slot remembers the tokens it was given, in order.
 * Calls never overlap: the scheduler awaits one before it makes the next.
 */
export interface Stepper {
  /** Sequences that can be decoded together. */
  readonly slots: number;
  /** Tokens a slot holds at most. */
  readonly contextSize: number;
  /** Tokens one step takes at most, over all slots. */
  readonly batchSize: number;
  /** Prepares the slot's sampler for a new request; what the slot remembers stays. */
  begin(slot: number, request: TokenRequest): Promise<void>;
  /** Appends the plan's tokens to their slots, one native batch, and samples where asked. */
  step(plan: StepPlan): Promise<StepResult>;
  /**
   * Forgets the slot's tokens from position `length` on.
   * @returns how many tokens the slot still holds: `length`, or 0 where the model cannot forget only a tail.
   */
  trim(slot: number, length: number): Promise<number>;
  dispose(): Promise<void>;
}

export interface EncodeOptions {
  /** Parse the names of special tokens (as Transformers' tokenizers do), or take them as plain text. */
  special: boolean;
  /** The text follows other text: no space is put before it by tokenizers that do so at a text's beginning. */
  continues: boolean;
}

export interface Tokenizer {
  /** Synchronous: keep the text short (16 KB) and yield between calls. Adds no BOS. */
  encode(text: string, options: EncodeOptions): number[];
  /** The bytes that the token adds to a completion; none for a special token. */
  bytes(id: number): Uint8Array;
  /** Bytes of the longest token. */
  readonly longestToken: number;
  /** Names of special tokens, as they would be parsed in a text with `special`; without it they never become tokens. */
  readonly specialTexts: readonly string[];
  /** Names of tokens that a vocabulary adds for use in texts: tags, runs of spaces, in some models also turn marks. */
  readonly addedTexts: readonly string[];
  readonly special: {
    /** The token that a prompt begins with, where the model wants one. */
    bos: number | undefined;
    /** Texts for the chat template's bos_token and eos_token. */
    bosText: string;
    eosText: string;
    /** Tokens that end a generation. */
    eog: ReadonlySet<number>;
  };
}
