import { type CharSet, charSet, intersect, LAST_CODE_POINT, rangesOf, unite } from './char-set.ts';
import type { Dfa } from './dfa.ts';
import { classOf, literal } from './gbnf-text.ts';

const PLAIN = charSet([0x20, 0x21], [0x23, 0x5b], [0x5d, 0xd7ff], [0xe000, LAST_CODE_POINT]);
const ESCAPED = charSet([0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]);
const ESCAPED_COUNT = 34;

/** How the characters of a language stand in the text. */
export interface Spelling {
  /** Expressions whose union is the set; none where nothing of it can be written. */
  spell(set: CharSet): string[];
  /** What follows the last character. */
  readonly end: string;
}

/** The inside of a JSON string, each character in its shortest form, and the closing quote. */
export const jsonSpelling: Spelling = {
  spell(set) {
    const plain = intersect(set, PLAIN);
    const escaped = intersect(set, ESCAPED);
    const count = rangesOf(escaped).reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const parts: string[] = [];
    if (plain.length > 0) parts.push(plain.join() === PLAIN.join() ? 'json-plain' : classOf(plain));
    if (count === ESCAPED_COUNT) parts.push('json-escaped');
    else {
      for (const [from, to] of rangesOf(escaped)) {
        for (let code = from; code <= to; code++)
          parts.push(literal(JSON.stringify(String.fromCodePoint(code)).slice(1, -1)));
      }
    }
    return parts;
  },
  end: String.raw`"\""`,
};

/** Digits, signs and points as they are. */
export const plainSpelling: Spelling = { spell: (set) => [classOf(set)], end: '""' };

/**
 * Writes a language as right-linear rules, one for each state that is reached from more than one place.
 * @param define makes a rule and returns its name; a rule whose body is not known yet gets it by `complete`
 * @returns an expression for the whole language, with its end
 */
export function writeLanguage(dfa: Dfa, spelling: Spelling, rules: RuleSink): string {
  const width = dfa.classes.length;
  const edges = dfa.accepting.map((_, state) => edgesOf(dfa, state, width));
  const arrivals = dfa.accepting.map(() => 0);
  arrivals[0] = 1;
  for (const list of edges) for (const { to } of list) arrivals[to] = (arrivals[to] ?? 0) + 1;
  const names = new Map<number, string>();
  const queue: number[] = [];
  const follow = (state: number, depth: number): string => {
    if (edges[state]?.length === 0) return spelling.end;
    if (arrivals[state] === 1 && depth < 20) return body(state, depth + 1);
    let name = names.get(state);
    if (name === undefined) {
      name = rules.reserve();
      names.set(state, name);
      queue.push(state);
    }
    return name;
  };
  const body = (state: number, depth: number): string => {
    const alternatives = (edges[state] ?? []).flatMap(({ set, to }) => {
      const heads = spelling.spell(set);
      if (heads.length === 0) return [];
      const tail = follow(to, heads.length === 1 ? depth : 99);
      return heads.map((head) => sequence(head, tail));
    });
    if (dfa.accepting[state] === true) alternatives.push(spelling.end);
    return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join(' | ')})`;
  };
  const start = arrivals[0] === 1 ? body(0, 0) : follow(0, 0);
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    rules.complete(names.get(state) ?? '', unwrap(body(state, 0)));
  }
  return start;
}

/** Takes rules: the name first, the body when it is known. */
export interface RuleSink {
  reserve(): string;
  complete(name: string, body: string): void;
}

function edgesOf(dfa: Dfa, state: number, width: number): { set: CharSet; to: number }[] {
  const byTarget = new Map<number, CharSet[]>();
  dfa.classes.forEach((set, column) => {
    const to = dfa.next[state * width + column] ?? -1;
    if (to < 0) return;
    const sets = byTarget.get(to);
    if (sets === undefined) byTarget.set(to, [set]);
    else sets.push(set);
  });
  return [...byTarget].map(([to, sets]) => ({ set: unite(...sets), to }));
}

/** Joins neighbouring literals: "a" "b" is "ab". A class of one character is a literal. */
function sequence(head: string, tail: string): string {
  const first = oneChar(head);
  if (!first.startsWith('"') || !tail.startsWith('"')) return `${first} ${tail}`;
  return `${first.slice(0, -1)}${tail.slice(1)}`;
}

function oneChar(head: string): string {
  return /^\[[A-Za-z0-9 .:@_+]\]$/.test(head) ? `"${head.slice(1, -1)}"` : head;
}

function unwrap(body: string): string {
  return body.startsWith('(') && body.endsWith(')') ? body.slice(1, -1) : body;
}
