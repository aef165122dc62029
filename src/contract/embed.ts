import type { TextInput } from './input.ts';

export interface EmbedRequest {
  /** The model's id as the client wrote it; undefined means the first that makes vectors. */
  model?: string | undefined;
  /** At least one. */
  inputs: readonly TextInput[];
  /** Numbers of a vector, at most the model's: the first ones are kept. */
  dimensions?: number | undefined;
  /** What the client calls the fields that can be refused late. */
  names: { dimensions: string };
}

export interface EmbedResult {
  /** One for each input, in their order, each of length 1. */
  vectors: readonly Float32Array[];
  /** Tokens of all inputs, those included that the model wants around each. */
  promptTokens: number;
  /** Milliseconds until the first was at work. */
  queueMs: number;
}

/** What an engine offers that makes vectors, in tokens. */
export interface Embedder {
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** Tokens of an input at most, those included that the model wants around it. */
  readonly contextSize: number;
  /** Inputs computed beside each other. */
  readonly lanes: number;
  /** What is going on right now, in inputs. */
  readonly load: { busy: number; waiting: number };
  /** The input with the tokens that the model wants around it and that it lacks. */
  framed(tokens: readonly number[]): readonly number[];
  /**
   * The vectors of framed inputs that fit, in their order, each of length 1.
   * @param begun called when the first is at work
   * @throws InferenceError aborted or the signal's own reason, model_failed
   */
  embed(inputs: readonly (readonly number[])[], signal: AbortSignal, begun?: () => void): Promise<Float32Array[]>;
  /** Resolves, with the reason, when it has failed for good; left out by an engine that never does. */
  readonly failed?: Promise<Error>;
  /** Fails what waits, lets what is being computed end, and gives the memory back. */
  dispose(): Promise<void>;
}
