/** A text as GBNF has it (llama.cpp, grammars/README.md). */
export function literal(text: string): string {
  const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return `"${text.replace(/["\\\n\r\t]/g, (character) => escapes[character] ?? character)}"`;
}

/** A class of all characters but these. */
function anyBut(characters: Iterable<string>): string {
  const escaped = [...characters].map((one) => (/[\\[\]^-]/.test(one) ? hex(one) : one === '\n' ? '\\n' : one));
  return `[^${escaped.join('')}]`;
}

/** A hat and a dash mean something in a class; their numbers do not. */
function hex(character: string): string {
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;
}

/**
 * Rules for a text up to and including the first occurrence of a mark, and what comes after it: the automaton of Knuth, Morris
 * and Pratt, with a rule `{name}-{i}` for "the last i characters begin the mark".
 * @param name of the rules; `{name}-0` is the one to begin with
 * @param after the rule that follows the mark
 * @param mayEnd whether the text may also end before the mark comes
 */
export function untilMark(name: string, mark: string, after: string, mayEnd: boolean): string[] {
  const characters = Array.from(mark);
  const rule = (length: number): string => (length === characters.length ? after : `${name}-${length}`);
  return characters.map((_, matched) => {
    const onward = [...new Set(characters)]
      .map((character) => ({ character, length: matchedAfter(characters, matched, character) }))
      .filter(({ length }) => length > 0);
    const branches = onward.map(({ character, length }) => `${literal(character)} ${rule(length)}`);
    const other = `${anyBut(onward.map(({ character }) => character))} ${rule(0)}`;
    return `${rule(matched)} ::= ${[...(mayEnd ? ['""'] : []), ...branches, other].join(' | ')}`;
  });
}

/** How much of the mark is there when a character follows its first `matched` ones. */
function matchedAfter(mark: readonly string[], matched: number, character: string): number {
  const text = [...mark.slice(0, matched), character];
  for (let length = Math.min(text.length, mark.length); length > 0; length -= 1) {
    if (text.slice(-length).every((one, index) => one === mark[index])) return length;
  }
  return 0;
}

/** Rules for a text that either begins with the mark, followed by `after`, or is any other. @param name as above */
export function markOrText(name: string, mark: string, after: string): string[] {
  const characters = Array.from(mark);
  const rules = characters.map((character, index) => {
    const onward = index + 1 === characters.length ? after : `${name}-${index + 1}`;
    return `${name}-${index} ::= "" | ${literal(character)} ${onward} | ${anyBut([character])} ${name}-any`;
  });
  return [...rules, `${name}-any ::= .*`];
}
