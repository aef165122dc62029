import type { ToolCall, ToolOffer } from './tools.ts';

/** Who says a message. A developer is the system where the model's template knows none. */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

export interface ChatMessage {
  role: Role;
  content: string;
  /** Who speaks, where several share a role; reaches the chat template. */
  name?: string | undefined;
  /** What an assistant thought before its content. */
  reasoning?: string | undefined;
  /** The tools that an assistant called, after its content. */
  toolCalls?: readonly ToolCall[] | undefined;
  /** Which call a tool's message answers. */
  toolCallId?: string | undefined;
}

export interface ChatPrompt {
  kind: 'chat';
  messages: readonly ChatMessage[];
  /** Tools that the model may call; undefined offers none. */
  tools?: ToolOffer | undefined;
  /** Further variables of the model's chat template: `enable_thinking`. */
  variables?: Readonly<Record<string, unknown>> | undefined;
}

/** What may come before the text that is to be filled in: another file of the same project. */
export interface InfillExtra {
  filename?: string | undefined;
  text: string;
}

/**
 * A text goes to the model as it is, special tokens parsed; messages go through the model's chat template. Token ids are
 * taken as they are, and texts between them like a text; BOS comes first only where a text does. An infill asks for what
 * stands between prefix and suffix, none of whose characters become special tokens.
 */
export type Prompt =
  | { kind: 'text'; text: string }
  | ChatPrompt
  | { kind: 'tokens'; items: readonly (number | string)[] }
  | { kind: 'infill'; prefix: string; suffix: string; extra: readonly InfillExtra[] };

/**
 * What a completion's content has to be; reasoning before it is free. `param` is the field that errors name.
 * JSON comes out whole or ends with `length`: stop strings are not looked for in it.
 */
export type OutputFormat =
  | { kind: 'grammar'; gbnf: string; param: string }
  | { kind: 'json'; param: string }
  | { kind: 'schema'; schema: unknown; param: string };

/** How the next token is chosen. All fields have a value by the time the engine sees them. */
export interface Sampling {
  /** 0 is greedy. */
  temperature: number;
  /** Nucleus: keep the most likely tokens whose probabilities add up to this; 1 keeps all. */
  topP: number;
  /** Keep the k most likely tokens; 0 keeps all. */
  topK: number;
  /** Drop tokens less likely than this share of the likeliest; 0 drops none. */
  minP: number;
  /** Divides the logits of tokens seen in prompt and completion (Transformers' repetition_penalty); 1 is off. */
  repetitionPenalty: number;
  /** Subtracted once per occurrence in the completion (by llama.cpp beside a repetitionPenalty also in the prompt); 0 is off. */
  frequencyPenalty: number;
  /** Subtracted once for a token that occurred there; 0 is off. */
  presencePenalty: number;
  /** An unsigned 32-bit number. */
  seed: number;
}

/** Added to a token's logit before anything else is done to it; −Infinity bans it. A text means each of its tokens. */
export interface LogitBias {
  token: number | string;
  bias: number;
}

/** What the client calls the fields that can be refused late, for the errors. */
export interface FieldNames {
  maxTokens: string;
  maxTotalTokens: string;
  minTokens: string;
  n: string;
  /** For dialects that take more than one text or one list of messages. */
  prompt?: string;
  /** Where a suffix asks for an infill. */
  suffix?: string;
  logitBias?: string;
}

export interface GenerateRequest {
  /** The model's id as the client wrote it; undefined means the default model. */
  model?: string | undefined;
  prompt: Prompt;
  /** Further prompts of the same request; completion i of prompt p has the index p × n + i. */
  morePrompts?: readonly Prompt[] | undefined;
  /** How many completions of each prompt, at least 1. */
  n: number;
  /** Whether each completion begins with its prompt's text. */
  echo?: boolean | undefined;
  /** New tokens at most; 0 only reads the prompt. One that cannot fit the context is refused. */
  maxTokens?: number | undefined;
  /** Ceiling on prompt + new tokens (Transformers' max_length); a ceiling above the context is lowered to it. */
  maxTotalTokens?: number | undefined;
  /** New tokens at most where the request and the server's settings are silent; lowered to what fits. */
  silentMaxTokens?: number | undefined;
  /** Temperature where the request and the server's settings are silent: what the dialect's original does. */
  silentTemperature: number;
  /** The same for the rest of sampling. */
  silentSampling?: Partial<Sampling> | undefined;
  /** The end of the sequence cannot come before this many new tokens. */
  minTokens: number;
  /** Generate up to the limit, whatever the model says. */
  ignoreEos: boolean;
  /** The client's own values; the rest comes from the server's settings, then the model's. */
  sampling: Partial<Sampling>;
  /** Texts that end a completion; never part of it. They are looked for in its content alone. */
  stop: readonly string[];
  logitBias?: readonly LogitBias[] | undefined;
  /** Whether the prompt may go on from what was read before; false reads all of it anew. True unless given. */
  reuse?: boolean | undefined;
  /** Whether the ids of the tokens are told. */
  tokenIds?: boolean | undefined;
  /** What the content has to be; undefined leaves it free. */
  format?: OutputFormat | undefined;
  /** Whether what a model thinks before it answers is told apart, or stays part of the content. */
  splitReasoning?: boolean | undefined;
  /** How many of the most likely tokens are listed with each token's log probability; undefined tells none. */
  logprobs?: number | undefined;
  names: FieldNames;
}

export interface TokenScore {
  id: number;
  /** A token that is only a part of a character has U+FFFD here; a special token has its name. */
  text: string;
  /** None for a special token. */
  bytes: Uint8Array;
  /** Natural logarithm of the model's own probability, before everything that sampling does to it; at most 0. */
  logprob: number;
}

/** A token of a completion. */
export interface TokenLogprob extends TokenScore {
  /** The most likely tokens in its place, the likeliest first; it need not be among them. */
  top: readonly TokenScore[];
}

/** `tool_calls`: the model ended its turn by calling tools. */
export type FinishReason = 'stop' | 'length' | 'tool_calls';

export interface Usage {
  promptTokens: number;
  /** Tokens the model produced over all completions, the end-of-sequence token included. */
  completionTokens: number;
  /** Prompt tokens that were still in the slot and not read again. */
  cachedTokens: number;
  /** Those of the completion tokens that the model thought with; undefined where reasoning is not told apart. */
  reasoningTokens?: number | undefined;
}

/** Milliseconds since the request was submitted. */
export interface Timings {
  queueMs: number;
  firstTokenMs: number;
  totalMs: number;
}

/** What one completion alone took. */
export interface Share {
  usage: Usage;
  timings: Timings;
}

/** A call begins with its name; its arguments follow in pieces, which join to a JSON object. */
export interface ToolCallPiece {
  /** Which of the completion's calls, from 0. */
  call: number;
  id: string;
  name?: string;
  argumentsDelta?: string;
}

/**
 * One generation as it happens; `index` tells which of the completions. Failures are thrown, not sent; what is known so
 * far (optional fields, over all completions) is for the log of requests that never come to their `done`.
 * Token ids, where the request asked for them, come with the next text, or with the finish.
 * A delta's log probabilities are those of the tokens that end in it, where the request asked for them; tokens that a stop
 * string cut and special tokens have none.
 */
export type GenerateEvent =
  | { type: 'start'; promptTokens: number; cachedTokens?: number; queueMs?: number }
  | { type: 'delta'; index: number; text: string; logprobs?: TokenLogprob[]; ids?: number[]; completionTokens?: number }
  | { type: 'reasoning'; index: number; text: string; completionTokens?: number }
  | ({ type: 'tool_call'; index: number; completionTokens?: number } & ToolCallPiece)
  | {
      type: 'finish';
      index: number;
      reason: FinishReason;
      stopString?: string | undefined;
      ids?: number[];
      share?: Share;
    }
  | { type: 'done'; usage: Usage; timings: Timings };

export interface Choice {
  text: string;
  /** What the model thought before, where that is told apart. */
  reasoning?: string;
  /** The tools that it calls. Where the reason to finish is `length`, the last one's arguments may be cut off. */
  toolCalls?: ToolCall[];
  /** Of its tokens, in order, where the request asked for them. */
  logprobs?: TokenLogprob[];
  /** Of all its tokens, the end-of-sequence token included, where the request asked for them. */
  ids?: number[];
  finishReason: FinishReason;
  stopString?: string | undefined;
  /** What it alone took; told by the runtime. */
  share?: Share;
}

/** A finished generation; `choices[i]` is completion i. */
export interface GenerateResult {
  choices: Choice[];
  usage: Usage;
  timings: Timings;
}
