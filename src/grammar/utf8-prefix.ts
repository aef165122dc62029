// UTF-8 one byte at a time. A prefix of a character is one number: the bits that are known (21), how many bytes are still
// to come (2) and how many there are in all (3). 0 is the place between two characters.

const NEED = 21;
const LENGTH = 23;
const VALUE = (1 << NEED) - 1;
/** By length: the smallest code point, so that no character has two forms. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];
const LAST = 0x10ffff;

export const BETWEEN = 0;
export const MALFORMED = -1;

/**
 * A prefix with one more byte.
 * @returns a prefix, with no bytes to come where it is a whole character, or MALFORMED where no character begins so
 */
export function extend(prefix: number, byte: number): number {
  if (prefix === BETWEEN) {
    if (byte < 0x80) return byte | (1 << LENGTH);
    if (byte < 0xc2) return MALFORMED;
    if (byte < 0xe0) return (byte & 0x1f) | (1 << NEED) | (2 << LENGTH);
    if (byte < 0xf0) return (byte & 0x0f) | (2 << NEED) | (3 << LENGTH);
    return byte < 0xf5 ? (byte & 0x07) | (3 << NEED) | (4 << LENGTH) : MALFORMED;
  }
  if ((byte & 0xc0) !== 0x80) return MALFORMED;
  const value = ((prefix & VALUE) << 6) | (byte & 0x3f);
  const longer = value | ((bytesToCome(prefix) - 1) << NEED) | ((prefix >> LENGTH) << LENGTH);
  return firstOf(longer) > lastOf(longer) ? MALFORMED : longer;
}

/** Bytes that the character still lacks. */
export function bytesToCome(prefix: number): number {
  return (prefix >> NEED) & 3;
}

/** The first code point that begins so; the character itself where it is whole. */
export function firstOf(prefix: number): number {
  return Math.max((prefix & VALUE) << (6 * bytesToCome(prefix)), SMALLEST[prefix >> LENGTH] ?? 0);
}

/** The last code point that begins so. All from the first on do: halves of surrogate pairs, which are none, lie at an end. */
export function lastOf(prefix: number): number {
  const last = Math.min((((prefix & VALUE) + 1) << (6 * bytesToCome(prefix))) - 1, LAST);
  return last >= 0xd800 && last <= 0xdfff ? 0xd7ff : last;
}
