import { literal } from './gbnf-text.ts';
import type { RuleSink } from './write-language.ts';

/** More texts than this are written as a tree of their characters, which llama.cpp goes through much faster. */
const MANY_TEXTS = 8;
/** Groups within groups, before a rule of its own is made. */
const MAX_NESTED = 10;

/** An expression for exactly these texts. */
export function writeTexts(texts: readonly string[], rules: RuleSink): string {
  if (texts.length <= MANY_TEXTS) return texts.map(literal).join(' | ');
  const sorted = [...new Set(texts)].map((text) => Array.from(text)).toSorted(byCodePoint);
  const waiting: { name: string; from: number; to: number; depth: number }[] = [];

  /** The texts between two places, without their first `depth` characters, which they share. */
  const branch = (from: number, to: number, depth: number, nested: number): string => {
    const first = sorted[from] ?? [];
    const last = sorted[to - 1] ?? [];
    let shared = depth;
    // In sorted order, what the first and the last share all of them share.
    while (shared < first.length && first[shared] === last[shared]) shared++;
    const head = first.slice(depth, shared).join('');
    if (to - from === 1) return literal(head);
    if (nested === MAX_NESTED) {
      const name = rules.reserve();
      waiting.push({ name, from, to, depth });
      return name;
    }
    const choices: string[] = [];
    for (let start = from; start < to;) {
      const char = sorted[start]?.[shared];
      let end = start + 1;
      while (end < to && sorted[end]?.[shared] === char) end++;
      choices.push(char === undefined ? '""' : branch(start, end, shared, nested + 1));
      start = end;
    }
    return `${head === '' ? '' : `${literal(head)} `}(${choices.join(' | ')})`;
  };

  const whole = branch(0, sorted.length, 0, 0);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    rules.complete(next.name, branch(next.from, next.to, next.depth, 0));
  }
  return whole;
}

function byCodePoint(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
