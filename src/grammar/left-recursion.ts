import type { GbnfRule } from './gbnf-parse.ts';

/**
 * Refuses what llama.cpp refuses too: a rule that can begin with itself can be gone into for ever.
 * @param names the rules that have one
 * @throws Error that names such a rule
 */
export function refuseLeftRecursion(rules: readonly GbnfRule[], names: ReadonlyMap<string, number>): void {
  const empty = emptyRules(rules);
  const named = new Set(names.values());
  const first = rules.map((rule, index) => {
    const found = new Set(rule.flatMap((sequence) => leading(sequence, empty)));
    // A repetition of what may be empty comes to itself again with nothing more to match, and that is found once.
    if (!named.has(index)) found.delete(index);
    return [...found];
  });
  const done = new Set<number>();
  for (const start of first.keys()) {
    // The way from `start` down; a list, because rules may be deeper within each other than calls.
    const way = [start];
    const open = new Set(way);
    while (!done.has(start)) {
      const here = way.at(-1) ?? start;
      const next = first[here]?.pop();
      if (next === undefined) {
        done.add(here);
        open.delete(here);
        way.pop();
      } else if (open.has(next)) throw new Error(recursion(way.slice(way.indexOf(next)), names));
      else if (!done.has(next)) {
        open.add(next);
        way.push(next);
      }
    }
  }
}

function recursion(circle: readonly number[], names: ReadonlyMap<string, number>): string {
  const name = [...names].find(([, rule]) => circle.includes(rule))?.[0] ?? 'root';
  return `The rule ${name} can begin with itself; write it so that something comes before it.`;
}

/** The rules that a sequence can begin with. */
function leading(sequence: GbnfRule[number], empty: ReadonlySet<number>): number[] {
  const end = sequence.findIndex((element) => typeof element !== 'number' || !empty.has(element));
  return sequence.slice(0, end === -1 ? undefined : end + 1).filter((element) => typeof element === 'number');
}

/** The rules that can be empty text. */
function emptyRules(rules: readonly GbnfRule[]): Set<number> {
  const empty = new Set<number>();
  // An alternative of rules alone waits for each of them.
  const waiting = new Map<number, { rule: number; left: number }[]>();
  rules.forEach((alternatives, rule) => {
    for (const sequence of alternatives) {
      if (sequence.length === 0) empty.add(rule);
      if (sequence.some((element) => typeof element !== 'number')) continue;
      const alternative = { rule, left: sequence.length };
      for (const element of sequence as readonly number[]) {
        const others = waiting.get(element);
        if (others === undefined) waiting.set(element, [alternative]);
        else others.push(alternative);
      }
    }
  });
  for (const rule of empty) {
    for (const alternative of waiting.get(rule) ?? []) {
      alternative.left -= 1;
      if (alternative.left === 0) empty.add(alternative.rule);
    }
  }
  return empty;
}
