import { InferenceError } from '../contract/errors.ts';
import { SchemaDocument } from './document.ts';
import { Expander } from './expand.ts';
import { sharedRules } from './json-rules.ts';
import { Refusal } from './refusal.ts';
import { GrammarWriter } from './write.ts';

export { GbnfAutomaton } from './automaton.ts';

export interface SchemaOptions {
  /** The request field that the schema came in, for the client's error. */
  readonly param: string;
}

/**
 * Writes a JSON Schema (draft 2020-12) as a grammar of llama.cpp (GBNF) that allows exactly the valid values, in the form
 * that docs/structured-output.md describes. Keywords that only annotate are ignored.
 * @param schema parsed JSON
 * @returns the rules, one a line; the first is `root`
 * @throws InferenceError invalid_request that names the keyword and its place, where no grammar can hold the schema
 */
export function schemaToGbnf(schema: unknown, { param }: SchemaOptions): string {
  return `${schemaRules(schema, { param, prefix: 'root' }).rules.join('\n')}\n`;
}

/**
 * As schemaToGbnf, for somebody who builds a larger grammar.
 * @param options.prefix letters, digits and `-`, not beginning with `json`; all rules of the schema are called `prefix` or
 * `prefix-…`, but for those that begin with `json-`: they are the same in every grammar, so grammarText keeps one of each
 * @returns the rule that stands for the schema, and the lines that define it
 */
export function schemaRules(
  schema: unknown,
  { param, prefix }: SchemaOptions & { readonly prefix: string },
): { rule: string; rules: string[] } {
  try {
    const document = new SchemaDocument(schema);
    const writer = new GrammarWriter(new Expander(document), prefix);
    return { rule: prefix, rules: writer.write([document.root]) };
  } catch (error) {
    if (error instanceof Refusal) throw new InferenceError('invalid_request', error.message, { param, cause: error });
    throw error;
  }
}

/** Joins the lines of several schemas; rules that they share are kept once. @returns a grammar's text */
export function grammarText(rules: readonly string[]): string {
  return `${[...new Set(rules)].join('\n')}\n`;
}

/** Any JSON object. */
export const jsonObjectGbnf = grammarText(['root ::= json-object', ...sharedRules('json-object')]);
