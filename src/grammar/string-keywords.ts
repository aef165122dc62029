import { intersectLanguages } from './intersect-values.ts';
import type { JsonObject } from './json.ts';
import { countAt } from './keyword-values.ts';
import type { Languages } from './languages.ts';
import { Refusal } from './refusal.ts';
import type { Strings } from './value-set.ts';

const keywords = ['minLength', 'maxLength', 'pattern', 'format'];

/** What the schema says about strings; undefined where it says nothing. @throws Refusal */
export function stringKeywords(schema: JsonObject, at: string, languages: Languages): readonly Strings[] | undefined {
  if (!keywords.some((keyword) => schema[keyword] !== undefined)) return undefined;
  const { pattern, format } = schema;
  const min = countAt(schema, 'minLength', at) ?? 0;
  const max = countAt(schema, 'maxLength', at) ?? Infinity;
  if (min > max) return [];
  try {
    const language = intersectLanguages(
      pattern === undefined ? undefined : languages.pattern(pattern, 'pattern', at),
      format === undefined ? undefined : languages.format(format, at),
      at,
    );
    return [{ min, max, language }];
  } catch (error) {
    // It may yet turn out that no string is allowed here.
    if (error instanceof Refusal) return [{ min, max, refusal: error }];
    throw error;
  }
}
