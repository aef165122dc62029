import { InferenceError } from '../../src/contract/errors.ts';
import { schemaToGbnf } from '../../src/grammar/index.ts';
import { Refusal } from '../../src/grammar/refusal.ts';
import { GrammarSamples } from './grammar-samples.ts';
import { type Translation, translationOf } from './grammar-verdict.ts';

/** What our own translator makes of a schema, with so many texts of its grammar. */
export function hearthTranslation(schema: unknown, samples: number): Translation & { gbnf?: string } {
  let gbnf: string;
  try {
    gbnf = schemaToGbnf(schema, { param: 'schema' });
  } catch (error) {
    if (!(error instanceof InferenceError) || !(error.cause instanceof Refusal)) throw error;
    return { refused: error.cause.keyword, accepts: () => false, samples: [] };
  }
  const source = new GrammarSamples(gbnf, 7);
  // From the shortest texts to long ones.
  const texts = Array.from({ length: samples }, (_, index) => source.text(5 + 4 * index));
  return { gbnf, ...translationOf(gbnf, texts) };
}
