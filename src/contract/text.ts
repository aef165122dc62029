import type { Prompt, Sampling } from './generate.ts';

export interface TokenizeOptions {
  /** Put the token first that a prompt begins with, where the model wants one. */
  addSpecial: boolean;
  /** Parse the names of special tokens, or take them as plain text. */
  parseSpecial: boolean;
  /** What the client calls the field, for errors. */
  name: string;
}

/** What a model's tokenizer and chat template make of texts, without generating. */
export interface TextService {
  /**
   * The tokens of texts and token ids in their order. A text may be longer than the context, up to the request's own limit.
   * @throws InferenceError invalid_request for an id that the vocabulary lacks, aborted or the signal's own reason
   */
  tokenize(items: readonly (number | string)[], options: TokenizeOptions, signal: AbortSignal): Promise<number[]>;
  /** The bytes that each token of the vocabulary stands for, those of its name for a special one. */
  pieces(ids: readonly number[], signal: AbortSignal): Promise<Uint8Array[]>;
  /** The text of tokens, special ones by their names. @param name as for `tokenize`. @throws InferenceError as `tokenize` */
  detokenize(ids: readonly number[], name: string, signal: AbortSignal): Promise<string>;
  /** A prompt as the model is given it, messages by the chat template. @throws InferenceError where that refuses them */
  render(prompt: Prompt): string;
  /** How many tokens a prompt has, also where they are more than the context holds. @throws InferenceError as a generation */
  count(prompt: Prompt, signal: AbortSignal): Promise<number>;
  /** The model's Jinja chat template, where it has one. */
  readonly chatTemplate: string | undefined;
  /** Names of the tokens that a text begins and ends with; '' where there is none. */
  readonly bosText: string;
  readonly eosText: string;
  /** What the server's settings say for requests that are silent. */
  readonly defaults: {
    maxTokens: number | undefined;
    sampling: { [Name in keyof Sampling]?: Sampling[Name] | undefined };
  };
}

/** What a slot is doing; never what it holds. */
export interface SlotState {
  id: number;
  busy: boolean;
  /** Tokens that it holds, prompt and answer; they stay for the next prompt when it is free. */
  heldTokens: number;
  /** The request at work, if one is. */
  promptTokens: number;
  /** Prompt tokens that need not be read, because they were there. */
  cachedTokens: number;
  /** Prompt tokens read so far, those that were there included. */
  readTokens: number;
  completionTokens: number;
  maxTokens: number;
}
