import { z, type ZodType } from 'zod';

// Each message completes the sentence "--port must be …, not …".

/** Text that is one of a few words. */
export function choice<const Word extends string>(words: readonly [Word, ...Word[]]): ZodType<Word> {
  return z.enum(words, { error: oneOf(words) });
}

/** A text that is not empty and matches the pattern. `expected` says what it is. */
export function text(expected: string, pattern = /\S/): ZodType<string> {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

/** A whole number, also written as text. */
export function whole(min: number, max?: number): ZodType<number> {
  const error = `a whole number ${range(min, max)}`;
  return z.preprocess(
    asNumber,
    z
      .int({ error })
      .min(min, { error })
      .max(max ?? Number.MAX_SAFE_INTEGER, { error }),
  );
}

/** A number, also written as text. `above` is a limit that it does not reach. */
export function decimal(limits: { min?: number; above?: number; max?: number }): ZodType<number> {
  const { min = -Infinity, above = -Infinity, max } = limits;
  const error = limits.above === undefined ? `a number ${range(min, max)}` : positive(limits.above, max);
  return z.preprocess(
    asNumber,
    z
      .number({ error })
      .min(min, { error })
      .gt(above, { error })
      .max(max ?? Number.MAX_VALUE, { error }),
  );
}

/** Bytes: a plain number, or one with b, kb, mb or gb (1 kb = 1024 bytes). */
export function bytes(min = 1): ZodType<number> {
  const error = 'a size such as 32mb, 512kb or 1048576 (bytes)';
  return z.preprocess(asBytes, z.int({ error }).min(min, { error }));
}

/** Yes or no; a flag without a value is a yes, a variable says true or false. */
export function toggle(): ZodType<boolean> {
  const words: Record<string, boolean> = { true: true, on: true, '1': true, false: false, off: false, '0': false };
  return z.preprocess(
    (value) => (typeof value === 'string' ? (words[value.toLowerCase()] ?? value) : value),
    z.boolean({ error: 'true or false' }),
  );
}

/** A list of what `item` accepts; a single text counts as a list of one. */
export function listOf<Item>(item: ZodType<Item>): ZodType<Item[]> {
  return z.preprocess((value): unknown[] => (Array.isArray(value) ? value : [value]), z.array(item));
}

/** A list of whole numbers written with commas between them. `expected` says what it is. */
export function wholeList(min: number, max: number, expected: string): ZodType<number[]> {
  const error = expected;
  const item = z.int({ error }).min(min, { error }).max(max, { error });
  return z.preprocess(
    (value) => (typeof value === 'string' ? value.split(',').map((part) => asNumber(part.trim())) : value),
    z.array(item, { error }),
  );
}

/** Words for a list of alternatives: `a, b or c`. */
export function oneOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

function range(min: number, max: number | undefined): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}

function positive(above: number, max: number | undefined): string {
  return `a number above ${above}${max === undefined ? '' : ` and at most ${max}`}`;
}

function asNumber(value: unknown): unknown {
  return typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
}

function asBytes(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const match = /^(\d+) ?(b|kb?|mb?|gb?)?$/i.exec(value);
  if (match === null) return value;
  const power = ' kmg'.indexOf(match[2]?.toLowerCase()[0] ?? ' ');
  return Number(match[1]) * 1024 ** Math.max(power, 0);
}
