import { EVERY_CHAR } from './char-set.ts';
import { type Dfa, either, explore, finiteLanguage } from './dfa.ts';
import { intersectLanguages, withStates } from './intersect-values.ts';
import type { Strings } from './value-set.ts';

/**
 * All strings of the alternatives as one automaton; undefined for every string.
 * @param keyword the one to name @throws Refusal where there is none, or it has too many states
 */
export function stringsLanguage(all: readonly Strings[], keyword: string, at: string): Dfa | undefined {
  let result: Dfa | undefined;
  for (const strings of all) {
    const language = languageOf(strings, keyword, at);
    if (language === undefined) return undefined;
    const before = result;
    result = before === undefined ? language : withStates(keyword, at, () => either(before, language));
  }
  return (
    result ??
    explore<number>(
      [EVERY_CHAR],
      0,
      Number,
      () => undefined,
      () => false,
    )
  );
}

function languageOf({ values, language, min, max, refusal }: Strings, keyword: string, at: string): Dfa | undefined {
  if (refusal !== undefined) throw refusal;
  if (values !== undefined) return withStates(keyword, at, () => finiteLanguage(values));
  if (min === 0 && max === Infinity) return language;
  const lengths = withStates(keyword, at, () => lengthLanguage(min, max));
  return intersectLanguages(language, lengths, at);
}

function lengthLanguage(min: number, max: number): Dfa {
  const last = max === Infinity ? min : max;
  return explore<number>(
    [EVERY_CHAR],
    0,
    Number,
    (length) => (length < last ? length + 1 : max === Infinity ? last : undefined),
    (length) => length >= min,
  );
}
