/** A text, which the runtime tokenizes, or tokens, with the name by which errors speak of it. */
export interface TextInput {
  content: string | readonly number[];
  /** As the client wrote it: `input[3]`. */
  name: string;
}

/** One text or two as a model reads them: with the tokens that it wants around and between them. */
export interface WholeInput {
  tokens: readonly number[];
  /** The type of each token, by which some models tell two texts apart; all are 0 unless given. */
  types?: readonly number[] | undefined;
}
