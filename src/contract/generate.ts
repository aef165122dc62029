/** Who says a message. Dialects map their own spellings (developer, function) to these. */
export type Role = 'system' | 'user' | 'assistant' | 'tool';

export interface ChatMessage {
  role: Role;
  content: string;
  /** Who speaks, where several share a role; reaches the chat template. */
  name?: string | undefined;
}

/** A text goes to the model as it is, special tokens parsed; messages go through the model's chat template. */
export type Prompt = { kind: 'text'; text: string } | { kind: 'chat'; messages: readonly ChatMessage[] };

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
  /** Subtracted once per occurrence in the completion (beside a repetitionPenalty also in the prompt); 0 is off. */
  frequencyPenalty: number;
  /** Subtracted once for a token that occurred there; 0 is off. */
  presencePenalty: number;
  /** An unsigned 32-bit number. */
  seed: number;
}

/** What the client calls the fields that can be refused late, for the errors. */
export interface FieldNames {
  maxTokens: string;
  maxTotalTokens: string;
  minTokens: string;
  n: string;
}

export interface GenerateRequest {
  /** The model's id as the client wrote it; undefined means the default model. */
  model?: string | undefined;
  prompt: Prompt;
  /** How many completions of the prompt, at least 1. */
  n: number;
  /** New tokens at most. One that cannot fit the context is refused. */
  maxTokens?: number | undefined;
  /** Ceiling on prompt + new tokens (Transformers' max_length); a ceiling above the context is lowered to it. */
  maxTotalTokens?: number | undefined;
  /** New tokens at most where the request and the server's settings are silent; lowered to what fits. */
  silentMaxTokens?: number | undefined;
  /** Temperature where the request and the server's settings are silent: what the dialect's original does. */
  silentTemperature: number;
  /** The end of the sequence cannot come before this many new tokens. */
  minTokens: number;
  /** Generate up to the limit, whatever the model says. */
  ignoreEos: boolean;
  /** The client's own values; the rest comes from the server's settings, then the model's. */
  sampling: Partial<Sampling>;
  /** Texts that end a completion; never part of it. */
  stop: readonly string[];
  /** How many of the most likely tokens are listed with each token's log probability; undefined tells none. */
  logprobs?: number | undefined;
  names: FieldNames;
}

export interface TokenScore {
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

export type FinishReason = 'stop' | 'length';

export interface Usage {
  promptTokens: number;
  /** Tokens the model produced over all completions, the end-of-sequence token included. */
  completionTokens: number;
  /** Prompt tokens that were still in the slot and not read again. */
  cachedTokens: number;
}

/** Milliseconds since the request was submitted. */
export interface Timings {
  queueMs: number;
  firstTokenMs: number;
  totalMs: number;
}

/**
 * One generation as it happens; `index` tells which of the n completions. Failures are thrown, not sent; what is known so
 * far (optional fields, over all completions) is for the log of requests that never come to their `done`.
 * A delta's log probabilities are those of the tokens that end in it, where the request asked for them; tokens that a stop
 * string cut and special tokens have none.
 */
export type GenerateEvent =
  | { type: 'start'; promptTokens: number; cachedTokens?: number; queueMs?: number }
  | { type: 'delta'; index: number; text: string; logprobs?: TokenLogprob[]; completionTokens?: number }
  | { type: 'finish'; index: number; reason: FinishReason; stopString?: string | undefined }
  | { type: 'done'; usage: Usage; timings: Timings };

export interface Choice {
  text: string;
  /** Of its tokens, in order, where the request asked for them. */
  logprobs?: TokenLogprob[];
  finishReason: FinishReason;
  stopString?: string | undefined;
}

/** A finished generation; `choices[i]` is completion i. */
export interface GenerateResult {
  choices: Choice[];
  usage: Usage;
  timings: Timings;
}

/**
 * Reads a generation to its end: the non-streaming reply of every dialect.
 * @throws whatever the generation throws; Error when it ends without its `done`.
 */
export async function collect(events: AsyncIterable<GenerateEvent>): Promise<GenerateResult> {
  const choices: Choice[] = [];
  const choice = (index: number): Choice => (choices[index] ??= { text: '', finishReason: 'stop' });
  for await (const event of events) {
    switch (event.type) {
      case 'start':
        break;
      case 'delta':
        choice(event.index).text += event.text;
        if (event.logprobs) (choice(event.index).logprobs ??= []).push(...event.logprobs);
        break;
      case 'finish':
        choice(event.index).finishReason = event.reason;
        choice(event.index).stopString = event.stopString;
        break;
      case 'done':
        return { choices, usage: event.usage, timings: event.timings };
    }
  }
  throw new Error('the generation ended without a done event');
}
