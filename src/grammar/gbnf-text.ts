import { type CharSet, rangesOf } from './char-set.ts';
import { REPETITION_BLOCK } from './limits.ts';

// How llama.cpp's parser wants texts, sets and repetitions (llama-grammar.cpp, parse_char and parse_sequence).

const SPECIAL = new Set(['"', '\\', '[', ']', '-', '^']);

function escapeChar(code: number, inSet: boolean): string {
  const char = String.fromCodePoint(code);
  // Its escapes are \" \\ \[ \] \-, and a hat means something only in front; so the hat goes by its number.
  if (char === '^') return inSet ? String.raw`\x5E` : char;
  if (char === '"' || char === '\\') return `\\${char}`;
  if (inSet && SPECIAL.has(char)) return `\\${char}`;
  if (code > 0x1f && code < 0x7f) return char;
  if (code > 0xffff) return `\\U${hex(code, 8)}`;
  return code > 0xff ? `\\u${hex(code, 4)}` : `\\x${hex(code, 2)}`;
}

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0');

/** @returns a text in quotes */
export function literal(text: string): string {
  if (/^[ -~]*$/.test(text)) return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  return `"${Array.from(text, (char) => escapeChar(char.codePointAt(0) ?? 0, false)).join('')}"`;
}

/**
 * @returns a class in brackets, always of what is in it: where a token ends within a character, llama.cpp takes a class of
 * what is not in it to refuse every character that begins with the same bytes as one of those
 */
export function classOf(set: CharSet): string {
  const ranges = rangesOf(set).map(([from, to]) =>
    from === to
      ? escapeChar(from, true)
      : `${escapeChar(from, true)}${to === from + 1 ? '' : '-'}${escapeChar(to, true)}`,
  );
  return `[${ranges.join('')}]`;
}

/**
 * @param rule the name of what is repeated, not a group: llama.cpp multiplies the counts of groups in groups
 * @param max Infinity for no end
 * @param define makes a rule and returns its name
 * @returns an expression; empty text where max is 0
 */
export function repeat(rule: string, min: number, max: number, define: (body: string) => string): string {
  const block =
    max === Infinity && min <= REPETITION_BLOCK ? '' : blockOf(rule, Math.max(min, max === Infinity ? 0 : max), define);
  const fixed = times(rule, block, min);
  if (max === Infinity) return `${fixed} ${rule}*`.trim();
  return `${fixed} ${atMost(rule, block, max - min, define)}`.trim();
}

function blockOf(rule: string, count: number, define: (body: string) => string): string {
  return count > REPETITION_BLOCK ? define(`${rule}{${REPETITION_BLOCK}}`) : '';
}

function times(rule: string, block: string, count: number): string {
  const blocks = Math.floor(count / REPETITION_BLOCK);
  const rest = count % REPETITION_BLOCK;
  if (block === '' || blocks === 0) return count === 0 ? '' : count === 1 ? rule : `${rule}{${count}}`;
  return `${block}{${blocks}} ${rest === 0 ? '' : `${rule}{${rest}}`}`.trim();
}

/** As many blocks as are full, then fewer than a block: with every count there is one way to read it. */
function atMost(rule: string, block: string, count: number, define: (body: string) => string): string {
  if (count === 0) return '';
  if (count < REPETITION_BLOCK || block === '') return `${rule}{0,${count}}`;
  const partial = define(`${rule}{0,${REPETITION_BLOCK - 1}}`);
  const rest = count % REPETITION_BLOCK;
  let tail = rest === 0 ? '' : define(`${rule}{0,${rest}}`);
  for (let blocks = Math.floor(count / REPETITION_BLOCK); blocks > 0; blocks--) {
    tail = define(`${partial} | ${block} ${tail}`.trim());
  }
  return tail;
}
