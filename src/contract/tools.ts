/** A function that the model may call. */
export interface Tool {
  /** Letters, digits, `_` and `-`, up to 64. */
  name: string;
  description?: string | undefined;
  /** A JSON Schema of its arguments, as the client wrote it; undefined takes none. */
  parameters?: Readonly<Record<string, unknown>> | undefined;
  /** The field that holds the schema, for errors. */
  param: string;
}

/** The tools of a request, and what it says about calling them. */
export interface ToolOffer {
  tools: readonly Tool[];
  /** Whether the model has to call one; else it may answer with text. */
  required: boolean;
  /** The names that it may call; the others are only described to it. */
  callable: readonly string[];
  /** Whether it may call several in one turn. */
  parallel: boolean;
}

/** A call that a model has made. */
export interface ToolCall {
  id: string;
  name: string;
  /** JSON; of a model's own call always an object, of a client's history whatever it wrote. */
  arguments: string;
}
