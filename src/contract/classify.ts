import type { TextInput, WholeInput } from './input.ts';

/**
 * What makes scores of a model's logits: `softmax` probabilities of labels that exclude each other, `sigmoid` the
 * probability of each label by itself, `none` leaves them as they are.
 */
export type Activation = 'softmax' | 'sigmoid' | 'none';

/** A text, or a text and a second one that it is judged with (a premise and a hypothesis). */
export interface ClassifyInput {
  text: TextInput;
  pair?: TextInput | undefined;
}

export interface ClassifyRequest {
  /** The model's id as the client wrote it; undefined means the first that classifies. */
  model?: string | undefined;
  /** At least one. */
  inputs: readonly ClassifyInput[];
  /** The model's own unless given. */
  activation?: Activation | undefined;
}

export interface ClassifyResult {
  /** The model's labels in its order. */
  labels: readonly string[];
  /** For each input the score of each label, in the order of the labels. */
  scores: readonly (readonly number[])[];
  /** Tokens of all inputs, those included that the model wants around each. */
  promptTokens: number;
  /** Milliseconds until the first was at work. */
  queueMs: number;
}

/** What an engine offers that judges texts by labels, in tokens. */
export interface Classifier {
  /** At least one, in the order of the logits. */
  readonly labels: readonly string[];
  /** What the model was trained with. */
  readonly activation: Activation;
  /** Tokens of an input at most, those included that the model wants around it. */
  readonly contextSize: number;
  /** Inputs computed beside each other. */
  readonly lanes: number;
  /** What is going on right now, in inputs. */
  readonly load: { busy: number; waiting: number };
  /** A text with the tokens that the model wants around it and that it lacks. */
  framed(tokens: readonly number[]): WholeInput;
  /** Two texts with the tokens that the model wants around and between them; undefined where it takes one text alone. */
  paired?(text: readonly number[], pair: readonly number[]): WholeInput;
  /**
   * The logits of inputs that fit, in their order, one for each label.
   * @param begun called when the first is at work
   * @throws InferenceError aborted or the signal's own reason, model_failed
   */
  classify(
    inputs: readonly WholeInput[],
    signal: AbortSignal,
    begun?: () => void,
  ): Promise<readonly (readonly number[])[]>;
  /** Resolves, with the reason, when it has failed for good; left out by an engine that never does. */
  readonly failed?: Promise<Error>;
  /** Fails what waits, lets what is being computed end, and gives the memory back. */
  dispose(): Promise<void>;
}
