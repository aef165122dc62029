import type { AddedToken } from '../folder/config-schemas.ts';

/** A stretch of a text: the name of an added token, or what lies between two. */
export type Section = { text: string; start: number } | { id: number };

const WORD_END = /\w$/u;
const WORD_START = /^\w/u;

/** Finds the names of added tokens in texts, as the Rust library does: the leftmost, and of several there the longest. */
export class AddedTokens {
  private readonly tokens: ReadonlyMap<string, AddedToken>;
  /** Lengths of the names that begin with a character code, the longest first. */
  private readonly lengths = new Map<number, number[]>();

  /** @param named the tokens by what is looked for, which is not always their content */
  constructor(named: ReadonlyMap<string, AddedToken>) {
    this.tokens = named;
    const lengths = new Map<number, Set<number>>();
    for (const name of named.keys()) {
      const first = name.charCodeAt(0);
      lengths.set(first, (lengths.get(first) ?? new Set()).add(name.length));
    }
    for (const [first, all] of lengths)
      this.lengths.set(
        first,
        [...all].toSorted((a, b) => b - a),
      );
  }

  /** The text in its order; empty stretches are left out. */
  split(text: string): Section[] {
    if (this.tokens.size === 0) return text === '' ? [] : [{ text, start: 0 }];
    const sections: Section[] = [];
    let from = 0;
    for (let at = 0; at < text.length;) {
      const found = this.at(text, at);
      if (found === undefined) {
        at += 1;
        continue;
      }
      const { token, length } = found;
      const before = text.slice(from, at);
      const plain = token.lstrip ? before.trimEnd() : before;
      if (plain !== '') sections.push({ text: plain, start: from });
      sections.push({ id: token.id });
      at += length;
      if (token.rstrip) at = text.length - text.slice(at).trimStart().length;
      from = at;
    }
    if (from < text.length) sections.push({ text: text.slice(from), start: from });
    return sections;
  }

  /** The name that begins there. */
  at(text: string, at: number): { token: AddedToken; length: number } | undefined {
    for (const length of this.lengths.get(text.charCodeAt(at)) ?? []) {
      const token = this.tokens.get(text.slice(at, at + length));
      if (token === undefined) continue;
      const alone = !WORD_END.test(text.slice(0, at)) && !WORD_START.test(text.slice(at + length));
      return token.single_word && !alone ? undefined : { token, length };
    }
    return undefined;
  }
}
