import { z } from 'zod';

const schema = z.looseObject({
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});

const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/u;
const SPACE = /\p{White_Space}/u;

/**
 * BERT's normalizer as the Rust library has it (its normalizers/bert.rs); the JavaScript one overlooks characters beyond
 * U+FFFF, and lowers a last sigma by its place in the word.
 * @throws ZodError for options that are none
 */
export function createBertNormalizer(part: object): (text: string) => string {
  const { clean_text: clean, handle_chinese_chars: apart, strip_accents: strip, lowercase } = schema.parse(part);
  const character = (one: string): string => {
    if (one > ' ' && one <= '~') return lowercase ? one.toLowerCase() : one;
    if (clean) {
      if (one === '\t' || one === '\n' || one === '\r') return ' ';
      if (CONTROL.test(one)) return '';
      if (SPACE.test(one)) return ' ';
    }
    return apart && isChinese(one.codePointAt(0) ?? 0) ? ` ${one} ` : one;
  };
  return (text) => {
    const cleaned = Array.from(text, character).join('');
    const stripped = (strip ?? lowercase) ? cleaned.normalize('NFD').replace(/\p{Mn}/gu, '') : cleaned;
    return lowercase ? Array.from(stripped, (one) => one.toLowerCase()).join('') : stripped;
  };
}

/** Where one character is a word; the ranges are those of the Rust library. */
const chinese: readonly (readonly [number, number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b920, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

function isChinese(code: number): boolean {
  return code >= 0x3400 && chinese.some(([from, to]) => code >= from && code <= to);
}
