import { type CharSet, charSet, charsOf, complement, LAST_CODE_POINT, unite } from './char-set.ts';
import { RegexSyntax, type Source } from './regex-source.ts';

const DIGIT = charSet([0x30, 0x39]);
const WORD = charSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
// ECMA 262, WhiteSpace and LineTerminator.
const SPACE = unite(charsOf('\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'), charSet([0x2000, 0x200a]));

const classes: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  D: complement(DIGIT),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/**
 * Reads what stands behind a backslash.
 * @param inClass whether between brackets, where \b is a backspace
 * @returns a code point, or the set of a class
 * @throws RegexSyntax
 */
export function readEscape(source: Source, inClass: boolean): number | CharSet {
  const char = source.chars[source.at++];
  if (char === undefined) throw new RegexSyntax('ends in a backslash');
  const set = classes[char];
  if (set !== undefined) return set;
  const control = controls[char];
  if (control !== undefined) return control;
  if (char === 'p' || char === 'P') return readProperty(source, char === 'P');
  if (char === 'u' || char === 'x') return readHex(source, char);
  if (char === 'c') return readControl(source);
  if (char === 'b' && inClass) return 8;
  if (char === 'b' || char === 'B') throw new RegexSyntax(`has \\${char}, a word boundary, which is not supported`);
  if (char === '0' && !/\d/.test(source.chars[source.at] ?? '')) return 0;
  if (/[0-9k]/.test(char)) throw new RegexSyntax(`has \\${char}, which refers back and is not regular`);
  if (/[A-Za-z]/.test(char)) throw new RegexSyntax(`has \\${char}, which ECMA 262 does not know`);
  return char.codePointAt(0) ?? 0;
}

export function escapeSet(escape: number | CharSet): CharSet {
  return typeof escape === 'number' ? [escape, escape] : escape;
}

function readControl(source: Source): number {
  const letter = source.chars[source.at++] ?? '';
  if (!/^[A-Za-z]$/.test(letter)) throw new RegexSyntax('has \\c without a letter');
  return letter.charCodeAt(0) % 32;
}

function readHex(source: Source, char: string): number {
  const text = source.chars.slice(source.at, source.at + 12).join('');
  const form = char === 'x' ? /^([0-9a-fA-F]{2})/ : /^(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})/;
  const match = form.exec(text);
  if (match === null) throw new RegexSyntax(`has \\${char} without its hexadecimal digits`);
  source.at += match[0].length;
  const code = Number.parseInt(match[1] ?? match[2] ?? '', 16);
  if (code > LAST_CODE_POINT) throw new RegexSyntax('has a code point beyond 10FFFF');
  if (code < 0xd800 || code > 0xdfff) return code;
  // Two escapes can be the halves of one character.
  const low = /^\\u(d[c-f][0-9a-f]{2})/i.exec(source.chars.slice(source.at, source.at + 6).join(''));
  if (code > 0xdbff || low === null) throw new RegexSyntax('has half of a surrogate pair');
  source.at += 6;
  return 0x10000 + ((code - 0xd800) << 10) + (Number.parseInt(low[1] ?? '', 16) - 0xdc00);
}

const properties = new Map<string, CharSet>();

function readProperty(source: Source, negated: boolean): CharSet {
  const end = source.chars.indexOf('}', source.at);
  const name = source.chars.slice(source.at, end + 1).join('');
  if (!/^\{[A-Za-z0-9_=]{1,60}\}$/.test(name)) throw new RegexSyntax('has \\p without a property in braces');
  source.at = end + 1;
  const known = properties.get(name);
  const set = known ?? propertyChars(name);
  properties.set(name, set);
  return negated ? complement(set) : set;
}

/** Asks the JavaScript engine, which has the tables. */
function propertyChars(name: string): CharSet {
  let runs: RegExp;
  let one: RegExp;
  try {
    runs = new RegExp(`\\p${name}+`, 'gu');
    one = new RegExp(`\\p${name}`, 'u');
  } catch {
    throw new RegexSyntax(`has \\p${name}, which Unicode does not know`);
  }
  const ranges: [number, number][] = [];
  for (let plane = 0; plane <= LAST_CODE_POINT; plane += 0x10000) {
    if (ASSIGNED_PLANES.has(plane)) {
      ranges.push(...searchPlane(plane, runs));
      continue;
    }
    // Nothing tells the characters of the other planes apart, but for the last two, which are none.
    if (one.test(String.fromCodePoint(plane))) ranges.push([plane, plane + 0xfffd]);
    for (const last of [plane + 0xfffe, plane + 0xffff]) {
      if (one.test(String.fromCodePoint(last))) ranges.push([last, last]);
    }
  }
  return charSet(...ranges);
}

const ASSIGNED_PLANES: ReadonlySet<number> = new Set([0, 0x10000, 0x20000, 0x30000, 0xe0000]);
const planes = new Map<number, string>();

/** One search over all characters of a plane: some milliseconds, where a test of each would take ten times as long. */
function searchPlane(plane: number, runs: RegExp): [number, number][] {
  const text = planes.get(plane) ?? charsOfPlane(plane);
  planes.set(plane, text);
  const ranges: [number, number][] = [];
  for (const { 0: run, index } of text.matchAll(runs)) {
    const from = text.codePointAt(index) ?? 0;
    const to = Array.from(run.slice(-2)).at(-1)?.codePointAt(0) ?? from;
    // A run may cross the surrogates, which are no characters and not in the text.
    if (from < 0xd800 && to > 0xdfff) ranges.push([from, 0xd7ff], [0xe000, to]);
    else ranges.push([from, to]);
  }
  return ranges;
}

function charsOfPlane(plane: number): string {
  const parts: string[] = [];
  for (let start = plane; start < plane + 0x10000; start += 0x800) {
    if (start === 0xd800) continue;
    parts.push(String.fromCodePoint(...Array.from({ length: 0x800 }, (_, offset) => start + offset)));
  }
  return parts.join('');
}
