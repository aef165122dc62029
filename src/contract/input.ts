/** A text, which the runtime tokenizes, or tokens, with the name by which errors speak of it. */
export interface TextInput {
  content: string | readonly number[];
  /** As the client wrote it: `input[3]`. */
  name: string;
}
