import { InferenceError } from '../contract/errors.ts';
import { checkSize, SchemaDocument } from './document.ts';
import { Expander } from './expand.ts';
import { sharedRules } from './json-rules.ts';
import { Refusal } from './refusal.ts';
import { GrammarWriter } from './write.ts';

export { GbnfAutomaton } from './automaton.ts';
export { advanceBytes, beginning, type GrammarPosition, mayEnd } from './grammar-position.ts';
export { TokenMasks } from './token-masks.ts';
export { TokenTrie } from './token-trie.ts';

export interface SchemaOptions {
  /** The request field that the schema came in, for the client's error. */
  readonly param: string;
}

export interface RuleOptions extends SchemaOptions {
  /** Begins the names of the schema's rules. */
  readonly prefix: string;
}

/** The rule that stands for a schema, and the lines that define it. */
export interface SchemaRules {
  rule: string;
  rules: string[];
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
export function schemaRules(schema: unknown, options: RuleOptions): SchemaRules {
  const steps = writing(schema, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * As schemaRules, for a thread that others wait for: a large schema takes a tenth of a second.
 * @param turn called again and again; what it returns is waited for, what it throws ends the work
 */
export async function schemaRulesInTurns(
  schema: unknown,
  options: RuleOptions,
  turn: () => Promise<void> | undefined,
): Promise<SchemaRules> {
  const steps = writing(schema, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const others = turn();
    if (others !== undefined) await others;
  }
}

function* writing(schema: unknown, { param, prefix }: RuleOptions): Generator<undefined, SchemaRules> {
  try {
    const document = new SchemaDocument(schema);
    const writer = new GrammarWriter(new Expander(document), prefix);
    return { rule: prefix, rules: yield* writer.write([document.root]) };
  } catch (error) {
    throw refused(error, param);
  }
}

/** @throws InferenceError invalid_request for a schema that is too large or too deep to be looked at */
export function checkSchemaSize(schema: unknown, { param }: SchemaOptions): void {
  try {
    checkSize(schema);
  } catch (error) {
    throw refused(error, param);
  }
}

function refused(error: unknown, param: string): unknown {
  return error instanceof Refusal
    ? new InferenceError('invalid_request', error.message, { param, cause: error })
    : error;
}

/** Joins the lines of several schemas; rules that they share are kept once. @returns a grammar's text */
export function grammarText(rules: readonly string[]): string {
  return `${[...new Set(rules)].join('\n')}\n`;
}

/** Any JSON object. */
export const jsonObjectGbnf = grammarText(['root ::= json-object', ...sharedRules('json-object')]);
