import { type CharSet, charSet, charsOf, complement, EVERY_CHAR } from './char-set.ts';
import { escapeSet, readEscape } from './regex-escapes.ts';
import { RegexSyntax, type Source } from './regex-source.ts';

/** A regular expression of ECMA 262, as far as it is regular. */
export type Regex =
  | { readonly kind: 'chars'; readonly set: CharSet }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number };

const NOT_LINE_END = complement(charsOf('\n\r\u2028\u2029'));

/**
 * @param text a pattern as in `new RegExp(text, 'u')`; escapes that only work without the flag u are taken too
 * @throws RegexSyntax with the rest of a sentence: what it has that is not regular, or where it is no pattern
 */
export function parseRegex(text: string): Regex {
  const source: Source = { chars: Array.from(text), at: 0 };
  const result = parseChoice(source, 0);
  if (source.at < source.chars.length) throw new RegexSyntax('has a ")" too many');
  return result;
}

function parseChoice(source: Source, depth: number): Regex {
  if (depth > 50) throw new RegexSyntax('has groups nested more than 50 deep');
  const parts = [parseSequence(source, depth)];
  while (source.chars[source.at] === '|') {
    source.at++;
    parts.push(parseSequence(source, depth));
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
}

function parseSequence(source: Source, depth: number): Regex {
  const parts: Regex[] = [];
  for (;;) {
    const char = source.chars[source.at];
    if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', parts };
    const atom = parseAtom(source, char, depth);
    const repeat = parseRepeat(source);
    if (repeat === undefined) parts.push(atom);
    else if (atom.kind === 'start' || atom.kind === 'end') throw new RegexSyntax(`repeats "${char}"`);
    else parts.push({ kind: 'repeat', part: atom, ...repeat });
  }
}

function parseAtom(source: Source, char: string, depth: number): Regex {
  source.at++;
  switch (char) {
    case '^':
      return { kind: 'start' };
    case '$':
      return { kind: 'end' };
    case '.':
      return { kind: 'chars', set: NOT_LINE_END };
    case '[':
      return { kind: 'chars', set: parseClass(source) };
    case '(':
      return parseGroup(source, depth);
    case '\\':
      return { kind: 'chars', set: escapeSet(readEscape(source, false)) };
    case '*':
    case '+':
    case '?':
      throw new RegexSyntax(`has a "${char}" with nothing to repeat`);
    default:
      return { kind: 'chars', set: charsOf(char) };
  }
}

function parseGroup(source: Source, depth: number): Regex {
  if (source.chars[source.at] === '?') {
    const kind = source.chars.slice(source.at, source.at + 3).join('');
    if (kind.startsWith('?:')) source.at += 2;
    else if (/^\?(?:=|!|<=|<!)/.test(kind)) throw new RegexSyntax('looks ahead or behind, which is not supported');
    else if (kind.startsWith('?<')) {
      const end = source.chars.indexOf('>', source.at);
      if (end < 0) throw new RegexSyntax('has a group whose name does not end');
      source.at = end + 1;
    } else throw new RegexSyntax(`has a group that begins with "(${kind}", which is not supported`);
  }
  const inner = parseChoice(source, depth + 1);
  if (source.chars[source.at] !== ')') throw new RegexSyntax('has a group that does not end');
  source.at++;
  return inner;
}

/** What stands after an atom; a trailing `?` asks for few repetitions, which changes no language. */
function parseRepeat(source: Source): { min: number; max: number } | undefined {
  const found = readRepeat(source);
  if (found !== undefined && source.chars[source.at] === '?') source.at++;
  return found;
}

function readRepeat(source: Source): { min: number; max: number } | undefined {
  const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[source.chars[source.at] ?? ''];
  if (simple !== undefined) {
    source.at++;
    return { min: simple[0] ?? 0, max: simple[1] ?? 0 };
  }
  if (source.chars[source.at] !== '{') return undefined;
  const text = source.chars.slice(source.at, source.at + 40).join('');
  const counts = /^\{(\d+)(,(\d*))?\}/.exec(text);
  if (counts === null) return undefined;
  source.at += counts[0].length;
  const min = Number(counts[1]);
  const max = counts[2] === undefined ? min : counts[3] === '' ? Infinity : Number(counts[3]);
  if (max < min) throw new RegexSyntax(`has ${counts[0]}, whose numbers are in the wrong order`);
  return { min, max };
}

function parseClass(source: Source): CharSet {
  const negated = source.chars[source.at] === '^';
  if (negated) source.at++;
  const ranges: [number, number][] = [];
  for (;;) {
    const from = readMember(source);
    if (from === ']') break;
    const dash = source.chars[source.at] === '-' && source.chars[source.at + 1] !== ']';
    if (!dash) {
      ranges.push(...pairs(escapeSet(from)));
      continue;
    }
    source.at++;
    const to = readMember(source);
    if (typeof from !== 'number' || typeof to !== 'number') throw new RegexSyntax('has a class as the end of a range');
    if (to < from) throw new RegexSyntax('has a range whose ends are in the wrong order');
    ranges.push([from, to]);
  }
  const set = charSet(...ranges);
  return negated ? complement(set) : set;
}

/** A code point, a class such as \d, or the bracket that ends the class. */
function readMember(source: Source): number | CharSet | ']' {
  const char = source.chars[source.at];
  if (char === undefined) throw new RegexSyntax('has a class that does not end');
  source.at++;
  if (char === ']') return char;
  return char === '\\' ? readEscape(source, true) : (char.codePointAt(0) ?? 0);
}

function pairs(set: CharSet): [number, number][] {
  return set === EVERY_CHAR
    ? [[0, EVERY_CHAR[1] ?? 0]]
    : Array.from({ length: set.length / 2 }, (_, index) => [set[2 * index] ?? 0, set[2 * index + 1] ?? 0]);
}
