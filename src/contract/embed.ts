/** A loaded model that makes vectors of texts. */
export interface Embedder {
  /** Numbers of a vector. */
  readonly dimensions: number;
  /** Tokens of an input at most, those included that the model wants around it. */
  readonly contextSize: number;
  /**
   * The vectors of inputs, in their order, each of length 1.
   * @param tokens of each input at least one; the tokens that the model wants around an input are added where they lack
   * @throws InferenceError invalid_request for an empty input, context_exceeded, aborted or the signal's own reason, model_failed
   */
  embed(tokens: readonly (readonly number[])[], signal: AbortSignal): Promise<Float32Array[]>;
  /** Fails what waits, lets what is being computed end, and gives the memory back. */
  dispose(): Promise<void>;
}
