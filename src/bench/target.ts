/** One request of a benchmark. */
export interface Ask {
  /** A string goes the target's own way (each implementation says which); messages go through the chat template. */
  prompt: string | readonly AskMessage[];
  /** New tokens at most. */
  maxTokens: number;
  /** Generate up to maxTokens whatever the model says. */
  ignoreEos: boolean;
}

export interface AskMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What came back. Times in milliseconds since the request was sent. */
export interface Answer {
  text: string;
  /** The first piece that holds text; of a reply that is not streamed, its end. */
  firstTokenMs: number;
  totalMs: number;
  /** Arrival of every streamed piece; a reply that is not streamed is one piece. */
  pieceMs: number[];
  promptTokens: number | undefined;
  /** Prompt tokens that the server had still read from an earlier request. */
  cachedTokens: number | undefined;
  completionTokens: number;
}

/** Something that answers prompts: a server, or a model in this process. */
export interface Target {
  readonly name: string;
  /** @throws Error one sentence that names the target, where it cannot be reached, refuses, or answers in another form */
  ask(ask: Ask, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}
