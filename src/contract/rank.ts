import type { TextInput, WholeInput } from './input.ts';

export interface RankRequest {
  /** The model's id as the client wrote it; undefined means the first that ranks. */
  model?: string | undefined;
  query: TextInput;
  /** At least one. */
  documents: readonly TextInput[];
}

export interface RankResult {
  /** How relevant each document is to the query, from 0 to 1, in the order of the documents. */
  scores: readonly number[];
  /** Tokens of all pairs of query and document, those included that the model wants around them. */
  promptTokens: number;
  /** Milliseconds until the first was at work. */
  queueMs: number;
}

/** What an engine offers that scores pairs of texts, in tokens. */
export interface Ranker {
  /** Tokens of a pair at most, those included that the model wants around it. */
  readonly contextSize: number;
  /** Pairs computed beside each other. */
  readonly lanes: number;
  /** What is going on right now, in pairs. */
  readonly load: { busy: number; waiting: number };
  /** Query and document with the tokens that the model wants around and between them. */
  paired(query: readonly number[], document: readonly number[]): WholeInput;
  /**
   * The scores of pairs that fit, from 0 to 1, in their order.
   * @param begun called when the first is at work
   * @throws InferenceError aborted or the signal's own reason, model_failed
   */
  rank(pairs: readonly WholeInput[], signal: AbortSignal, begun?: () => void): Promise<number[]>;
  /** Resolves, with the reason, when it has failed for good; left out by an engine that never does. */
  readonly failed?: Promise<Error>;
  /** Fails what waits, lets what is being computed end, and gives the memory back. */
  dispose(): Promise<void>;
}
