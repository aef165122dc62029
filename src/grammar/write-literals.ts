import { isEmpty, TooManyStates } from './dfa.ts';
import { numberLanguage } from './number-language.ts';
import { Refusal } from './refusal.ts';
import type { Numbers, Strings } from './value-set.ts';
import { writeTexts } from './write-texts.ts';
import type { GrammarWriter } from './write.ts';
import { jsonSpelling, plainSpelling, writeLanguage } from './write-language.ts';

/** An expression for the strings in their quotes. @throws Refusal */
export function writeStrings(
  { values, language, min, max }: Strings,
  at: string,
  writer: GrammarWriter,
): string | undefined {
  if (values !== undefined)
    return writeTexts(
      values.map((value) => JSON.stringify(value)),
      writer,
    );
  if (language === undefined) {
    if (min === 0 && max === Infinity) return 'json-string';
    const chars = writer.repeat('json-char', min, max, ['minLength', 'maxLength'], at);
    return String.raw`"\"" ${chars} "\""`.replace('  ', ' ');
  }
  if (min > 0 || max < Infinity) {
    const keyword = min > 0 ? 'minLength' : 'maxLength';
    throw new Refusal(keyword, at, 'cannot be held together with a pattern or format: put the length into the pattern');
  }
  return writer.once(
    `language ${language.id}`,
    () => String.raw`"\"" ${writeLanguage(language, jsonSpelling, writer)}`,
  );
}

/** An expression for the numbers; undefined where there is none. @throws Refusal */
export function writeNumbers(numbers: Numbers, at: string, writer: GrammarWriter): string | undefined {
  const { values, integer, min, max, divisor } = numbers;
  if (values !== undefined)
    return writeTexts(
      values.map((value) => JSON.stringify(value)),
      writer,
    );
  if (min === undefined && max === undefined && divisor === undefined) {
    return integer === true ? 'json-integer' : 'json-number';
  }
  const bounds = [min, max].map((bound) => `${bound?.value} ${bound?.exclusive}`);
  try {
    return writer.once(`number ${integer} ${divisor} ${bounds.join(' ')}`, () => {
      const language = numberLanguage(numbers, at);
      writer.expander.spend(language.next.length);
      return isEmpty(language) ? undefined : writeLanguage(language, plainSpelling, writer);
    });
  } catch (error) {
    if (error instanceof TooManyStates) throw new Refusal('multipleOf', at, `needs ${error.message} with these bounds`);
    throw error;
  }
}
