import type { EmbedResult } from './embed.ts';
import type { ChatMessage, Choice, GenerateEvent, Timings, Usage } from './generate.ts';
import type { Model, ModelInfo } from './model.ts';

/** How a text is generated; what is left out is the model's own. */
export interface GenerateOptions {
  /** New tokens at most; what fits unless given. */
  maxTokens?: number | undefined;
  minTokens?: number | undefined;
  /** 0 is greedy. */
  temperature?: number | undefined;
  topP?: number | undefined;
  /** 0 keeps all. */
  topK?: number | undefined;
  minP?: number | undefined;
  repetitionPenalty?: number | undefined;
  frequencyPenalty?: number | undefined;
  presencePenalty?: number | undefined;
  /** A whole number; the same one gives the same text. */
  seed?: number | undefined;
  /** Texts that end the answer and are no part of it. */
  stop?: string | readonly string[] | undefined;
  /** Go on after the model's own end, up to `maxTokens`. */
  ignoreEos?: boolean | undefined;
  /** What the answer has to be; free unless given. */
  format?:
    | { type: 'json' }
    | { type: 'schema'; schema: Readonly<Record<string, unknown>> }
    | { type: 'grammar'; gbnf: string }
    | undefined;
  /** How many of the likeliest tokens are told with each token's log probability. */
  logprobs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** A function that the model may call. */
export interface ToolDefinition {
  name: string;
  description?: string | undefined;
  /** A JSON Schema of its arguments. */
  parameters?: Readonly<Record<string, unknown>> | undefined;
}

export interface ChatOptions extends GenerateOptions {
  tools?: readonly ToolDefinition[] | undefined;
  /** Whether the model may, must or must not call a tool, or which one; `auto` unless given. */
  toolChoice?: 'auto' | 'none' | 'required' | { name: string } | undefined;
  /** Whether it may call several tools in one turn; true unless given. */
  parallelToolCalls?: boolean | undefined;
  /** Further variables of the model's chat template: `enable_thinking`. */
  templateVariables?: Readonly<Record<string, unknown>> | undefined;
}

/** A finished answer. */
export interface Reply extends Choice {
  usage: Usage;
  timings: Timings;
}

export interface LocalTokenizer {
  /** The tokens of a text. @param options `special` parses the names of special tokens, and puts BOS first where the model wants it */
  encode(text: string, options?: { special?: boolean; signal?: AbortSignal | undefined }): Promise<number[]>;
  /** The text of tokens, special ones by their names. */
  decode(tokens: readonly number[], options?: { signal?: AbortSignal | undefined }): Promise<string>;
  /** A conversation as the model is given it, up to where its answer begins. */
  applyChatTemplate(
    messages: readonly ChatMessage[],
    options?: Pick<ChatOptions, 'tools' | 'templateVariables'>,
  ): string;
}

/**
 * A model in this process, as libraries and agents use it. Calls that run at the same time are decoded together and share
 * what their prompts have in common.
 */
export interface LocalModel extends AsyncDisposable {
  readonly info: ModelInfo;
  /** The model as the server has it. */
  readonly model: Model;
  readonly tokenizer: LocalTokenizer;
  /**
   * Continues a text, which the model gets as it is.
   * @throws InferenceError invalid_request, context_exceeded, overloaded, unsupported, aborted, model_failed
   */
  generate(prompt: string, options?: GenerateOptions): Promise<Reply>;
  /** Answers a conversation, through the model's chat template. A string is what the user says. @throws as `generate` */
  chat(messages: string | readonly ChatMessage[], options?: ChatOptions): Promise<Reply>;
  /** The same as it happens: of a string as `generate`, of messages as `chat`. Leaving the iteration stops the work. */
  stream(input: string | readonly ChatMessage[], options?: ChatOptions): AsyncIterable<GenerateEvent>;
  /** Vectors of texts, each of length 1, in their order. @throws as `generate` */
  embed(
    texts: string | readonly string[],
    options?: { dimensions?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<EmbedResult>;
  /** Unloads it. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Loads a model into this process by its path or name. */
export type LoadModel = (name: string | undefined, options?: Readonly<Record<string, unknown>>) => Promise<LocalModel>;
