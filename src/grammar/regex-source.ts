/** Where the parser stands in a pattern. */
export interface Source {
  /** Code points. */
  readonly chars: readonly string[];
  at: number;
}

/** Thrown for a pattern that is none or not regular; the message continues a sentence. */
export class RegexSyntax extends Error {}
