import { InferenceError } from '../contract/errors.ts';
import type { OutputFormat } from '../contract/generate.ts';
import { readClientGrammar } from './client-grammar.ts';
import { outputGrammar, type OutputRules } from './output-grammar.ts';

/** Characters of keys and grammars that are remembered. Agents send the same tools in every turn. */
const MOST_CHARACTERS = 8_000_000;

/** Makes the grammars of requests, checked by the engine, and remembers the last ones. */
export class OutputGrammars {
  private readonly checkGrammar: (gbnf: string) => void;
  /** By what they were made of, the one that was used last at the end. */
  private readonly known = new Map<string, string>();
  private characters = 0;

  /** @param checkGrammar the engine's; throws Error for a text that it cannot hold an output to */
  constructor(checkGrammar: (gbnf: string) => void) {
    this.checkGrammar = checkGrammar;
  }

  /**
   * The grammar that a completion is held to; undefined where it is free.
   * @throws InferenceError invalid_request for a schema or a grammar that cannot be kept to, or the signal's reason
   */
  async find(rules: OutputRules, signal: AbortSignal): Promise<string | undefined> {
    if (rules.format === undefined && rules.offer === undefined) return undefined;
    const key = JSON.stringify(rules);
    const found = this.known.get(key);
    const gbnf = found ?? (await outputGrammar(rules, signal));
    if (found === undefined) this.check(gbnf, rules.format);
    this.remember(key, gbnf);
    return gbnf;
  }

  /** A client's own grammar may be anything; what is made here of schemas the engine takes. */
  private check(gbnf: string, format: OutputFormat | undefined): void {
    if (format?.kind !== 'grammar') return this.checkGrammar(gbnf);
    try {
      readClientGrammar(gbnf);
      this.checkGrammar(gbnf);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `${format.param} is no grammar that can be used (GBNF, with a rule root): ${reason}`;
      throw new InferenceError('invalid_request', message, { param: format.param, cause: error });
    }
  }

  private remember(key: string, gbnf: string): void {
    const size = key.length + gbnf.length;
    if (this.known.delete(key)) this.characters -= size;
    this.known.set(key, gbnf);
    this.characters += size;
    for (const [oldKey, oldest] of this.known) {
      if (this.characters <= MOST_CHARACTERS) break;
      this.known.delete(oldKey);
      this.characters -= oldKey.length + oldest.length;
    }
  }
}
