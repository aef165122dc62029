import type { InferenceError } from './errors.ts';
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
  /** Added to the logits of tokens before anything else is done to them; −Infinity bans a token. */
  logitBias?: readonly { id: number; bias: number }[] | undefined;
  /** Whether it may go on from what slots remember; true unless given. */
  reuse?: boolean | undefined;
  /** How many of the most likely tokens are told beside each sampled one; undefined tells no log probabilities. */
  logprobs?: number | undefined;
  /** What the text has to match, special tokens by their names; it ends where the grammar lets it. */
  grammar?: TokenGrammar | undefined;
}

export interface TokenGrammar {
  /** GBNF, llama.cpp's grammar language, with a rule `root`; the engine has checked it. */
  gbnf: string;
  /** Names of special tokens that the text may be written with; the others are not sampled. */
  special: readonly string[];
}

/** Natural logarithms of the model's own probabilities: temperature 1, nothing cut off, no penalties; at most 0. */
export interface TokenLogprobs {
  /** Of the sampled token. */
  logprob: number;
  /** Of the most likely tokens, the likeliest first; the sampled one need not be among them. */
  top: readonly { id: number; logprob: number }[];
}

/** What a token request yields, in this order: one start, tokens, one end. */
export type TokenEvent =
  | { type: 'start'; queueMs: number; cachedTokens: number }
  | { type: 'token'; id: number; logprobs?: TokenLogprobs }
  | { type: 'end'; reason: 'eos' | 'length' };

/** One entry a slot: a decoder's last token, or the next chunk of a prompt. `sample` asks for the token that follows. */
export type StepPlan = readonly { slot: number; tokens: readonly number[]; sample: boolean }[];

/** The token that was sampled in a slot. */
export interface Sampled {
  slot: number;
  id: number;
  logprobs?: TokenLogprobs;
  /** Why there is none, and `id` no token: the request's own wishes (its grammar, its bias) leave none. The others go on. */
  stuck?: InferenceError;
}

/** One entry for every plan entry with `sample`. */
export type StepResult = readonly Sampled[];

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
  /** Prompts are read fastest in chunks of a multiple of this. */
  readonly chunkUnit: number;
  /** The attention of a chunk takes as long as if so many tokens more were in it. */
  readonly chunkOverhead: number;
  /** Prepares the slot's sampler for a new request, whose grammar has been checked; what the slot remembers stays. */
  begin(slot: number, request: TokenRequest): Promise<void>;
  /** Appends the plan's tokens to their slots and samples where asked. */
  step(plan: StepPlan): Promise<StepResult>;
  /**
   * Forgets the slot's tokens from position `length` on; with all that it holds, nothing is forgotten.
   * @returns how many tokens the slot still holds: `length`, or 0 where the model cannot forget only a tail, or the engine was
   * started anew and has lost them.
   */
  trim(slot: number, length: number): Promise<number>;
  /** Milliseconds that `copy` is expected to take for so many tokens; Infinity where the engine cannot. */
  copyMs(length: number): number;
  /**
   * Makes slot `to` hold the first `length` tokens of slot `from`, in place of what it held.
   * @returns how many it holds: `length`, or 0 where the model cannot forget only a tail or the copy failed
   */
  copy(from: number, to: number, length: number): Promise<number>;
  /** Writes what the slot holds to a file. @param tokens all that it holds */
  save(slot: number, tokens: readonly number[], file: string): Promise<void>;
  /**
   * Makes the slot hold what was saved, in place of what it held. A file that was cut off may end the process: look first.
   * @returns how many tokens it holds
   * @throws Error where the file cannot be loaded; the slot is empty then
   */
  load(slot: number, file: string): Promise<number>;
  dispose(): Promise<void>;
}

/** A prefix that lies in the prompt cache. */
export interface CachedPrefix {
  /** How many tokens it shares with the prompt that it was found for. */
  shared: number;
  /** Milliseconds that restoring it is expected to take. */
  ms: number;
  tokens: readonly number[];
}

/** Prefixes that left their slots, within a budget of bytes. Its own failures (a full disk) never reach the caller. */
export interface PromptCache {
  /** The stored prefix that shares most with a prompt. */
  find(prompt: readonly number[]): CachedPrefix | undefined;
  /** Keeps a prefix. @param write writes its state to a file. @param spare does not go to make room for it */
  store(tokens: readonly number[], write: (file: string) => Promise<void>, spare?: CachedPrefix): Promise<void>;
  /** Brings a prefix back. @param read loads a file. @returns how many tokens were loaded; 0 where the file was bad */
  restore(prefix: CachedPrefix, read: (file: string) => Promise<number>): Promise<number>;
  /** Whether what it holds outlives the process. */
  readonly lasting: boolean;
}

/** How many tokens both lists begin with. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length += 1;
  return length;
}

export interface EncodeOptions {
  /** Parse the names of special tokens (as Transformers' tokenizers do), or take them as plain text. */
  special: boolean;
  /** Parse the names of added tokens; unless given, as special ones. */
  added?: boolean;
  /** The text follows other text: no space is put before it by tokenizers that do so at a text's beginning. */
  continues: boolean;
}

/** Marks before a prefix, a suffix and what goes between them; before a project's name and before each of its files. */
export interface InfillTokens {
  prefix: number;
  suffix: number;
  middle: number;
  project: number | undefined;
  file: number | undefined;
}

export interface Tokenizer {
  /** Synchronous: keep the text short (8 KB) and yield between calls. Adds no BOS. */
  encode(text: string, options: EncodeOptions): number[];
  /** The bytes that the token adds to a completion; none for a special token. */
  bytes(id: number): Uint8Array;
  /** What a token without bytes is called. */
  specialText(id: number): string;
  /** Tokens in the vocabulary; their ids are 0 to size - 1. */
  readonly size: number;
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
    /** The marks of fill-in-the-middle, where the model was trained on it. */
    infill?: InfillTokens | undefined;
  };
}
