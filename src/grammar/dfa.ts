import { type CharSet, charsOf, EVERY_CHAR, has, intersect, partition } from './char-set.ts';
import { MAX_STATES } from './limits.ts';

/** A deterministic automaton over code points. State 0 is the start; -1 as a target means: no way on. */
export interface Dfa {
  /** Unique, so that equal languages of equal origin can be recognised. */
  readonly id: number;
  /** Disjoint sets that together hold every code point: the columns of `next`. */
  readonly classes: readonly CharSet[];
  /** Target of state s by class c at [s × classes.length + c]. */
  readonly next: Int32Array;
  readonly accepting: readonly boolean[];
}

/** Thrown where an automaton would have more than MAX_STATES states. */
export class TooManyStates extends Error {}

let lastId = 0;

/**
 * @param classes the columns
 * @param start a state's key
 * @param step the key of the state that a class leads to, undefined for none
 * @param accepts whether a state accepts
 * @returns the reachable part, minimised
 * @throws TooManyStates
 */
export function explore<State>(
  classes: readonly CharSet[],
  start: State,
  keyOf: (state: State) => string | number,
  step: (state: State, column: number) => State | undefined,
  isEnd: (state: State) => boolean,
): Dfa {
  const states: State[] = [start];
  const numbers = new Map([[keyOf(start), 0]]);
  const next: number[] = [];
  for (let index = 0; index < states.length; index++) {
    for (let column = 0; column < classes.length; column++) {
      const target = step(states[index] as State, column);
      if (target === undefined) {
        next.push(-1);
        continue;
      }
      const key = keyOf(target);
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.length;
        if (number >= MAX_STATES) throw new TooManyStates(`more than ${MAX_STATES} states`);
        numbers.set(key, number);
        states.push(target);
      }
      next.push(number);
    }
  }
  return minimise(classes, Int32Array.from(next), states.map(isEnd));
}

/** Exactly the strings of one set. @throws TooManyStates */
export function finiteLanguage(strings: Iterable<string>): Dfa {
  const children = [new Map<number, number>()];
  const ends = new Set<number>();
  const alphabet = new Set<string>();
  for (const text of strings) {
    let state = 0;
    for (const char of text) {
      alphabet.add(char);
      const code = char.codePointAt(0) ?? 0;
      let target = children[state]?.get(code);
      if (target === undefined) {
        target = children.length;
        if (target >= MAX_STATES) throw new TooManyStates(`more than ${MAX_STATES} states`);
        children.push(new Map<number, number>());
        children[state]?.set(code, target);
      }
      state = target;
    }
    ends.add(state);
  }
  const classes = partition([...alphabet].map(charsOf));
  return explore<number>(
    classes,
    0,
    Number,
    (state, column) => {
      const [from, to] = classes[column] ?? [];
      return from === to && from !== undefined ? children[state]?.get(from) : undefined;
    },
    (state) => ends.has(state),
  );
}

/** Every string. */
export const everyString: Dfa = explore<number>(
  [EVERY_CHAR],
  0,
  Number,
  () => 0,
  () => true,
);

/**
 * Strings for which `keep(in a, in b)` holds.
 * @param keep may not hold for strings in neither (the product leaves those out)
 * @throws TooManyStates
 */
function combine(a: Dfa, b: Dfa, keep: (inA: boolean, inB: boolean) => boolean): Dfa {
  const columns: { set: CharSet; a: number; b: number }[] = [];
  a.classes.forEach((aSet, aColumn) => {
    b.classes.forEach((bSet, bColumn) => {
      const set = intersect(aSet, bSet);
      if (set.length > 0) columns.push({ set, a: aColumn, b: bColumn });
    });
  });
  const follow = (dfa: Dfa, state: number, column: number): number =>
    state < 0 ? -1 : (dfa.next[state * dfa.classes.length + column] ?? -1);
  return explore(
    columns.map(({ set }) => set),
    { a: 0, b: 0 },
    (pair) => `${pair.a} ${pair.b}`,
    (pair, index) => {
      const column = columns[index];
      if (column === undefined) return undefined;
      const target = { a: follow(a, pair.a, column.a), b: follow(b, pair.b, column.b) };
      return target.a < 0 && target.b < 0 ? undefined : target;
    },
    (pair) => keep(a.accepting[pair.a] ?? false, b.accepting[pair.b] ?? false),
  );
}

/** Strings of both. @throws TooManyStates */
export const both = (a: Dfa, b: Dfa): Dfa => combine(a, b, (inA, inB) => inA && inB);
/** Strings of `a` that are not in `b`. @throws TooManyStates */
export const without = (a: Dfa, b: Dfa): Dfa => combine(a, b, (inA, inB) => inA && !inB);
/** Strings of either. @throws TooManyStates */
export const either = (a: Dfa, b: Dfa): Dfa => combine(a, b, (inA, inB) => inA || inB);

export function isEmpty(dfa: Dfa): boolean {
  return !dfa.accepting.includes(true);
}

export function accepts(dfa: Dfa, text: string): boolean {
  let state = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const column = dfa.classes.findIndex((set) => has(set, code));
    state = dfa.next[state * dfa.classes.length + column] ?? -1;
    if (state < 0) return false;
  }
  return dfa.accepting[state] ?? false;
}

/** Hopcroft's algorithm on the states that lead to an end; the others become -1. */
function minimise(classes: readonly CharSet[], next: Int32Array, accepting: readonly boolean[]): Dfa {
  const width = classes.length;
  const dead = deadStates(next, width, accepting);
  const block = refine(width, next, accepting, dead);
  const order = new Map<number, number>([[block[0] ?? 0, 0]]);
  const members: number[] = [0];
  block.forEach((own, state) => {
    if (dead[state] === true || order.has(own)) return;
    order.set(own, order.size);
    members.push(state);
  });
  const table = new Int32Array(members.length * width).fill(-1);
  members.forEach((state, row) => {
    for (let column = 0; column < width; column++) {
      const target = next[state * width + column] ?? -1;
      if (target >= 0 && dead[target] !== true) table[row * width + column] = order.get(block[target] ?? 0) ?? -1;
    }
  });
  return { id: ++lastId, classes, next: table, accepting: members.map((state) => accepting[state] ?? false) };
}

/** @returns the block of equal states that each state is in */
function refine(width: number, next: Int32Array, accepting: readonly boolean[], dead: readonly boolean[]): Int32Array {
  // before[c][s]: the states from which class c leads to s.
  const before: number[][][] = Array.from({ length: width }, () => []);
  next.forEach((target, index) => {
    const state = Math.floor(index / width);
    if (target < 0 || dead[target] === true || dead[state] === true) return;
    const column = before[index % width];
    if (column !== undefined) (column[target] ??= []).push(state);
  });
  const block = new Int32Array(accepting.length);
  const blocks: Set<number>[] = [new Set(), new Set()];
  accepting.forEach((ends, state) => {
    block[state] = ends ? 1 : 0;
    if (dead[state] !== true) blocks[ends ? 1 : 0]?.add(state);
  });
  const waiting = new Set([0, 1]);
  for (const number of waiting) {
    waiting.delete(number);
    const splitter = [...(blocks[number] ?? [])];
    for (const column of before) {
      const touched = new Map<number, number[]>();
      for (const target of splitter) {
        for (const state of column[target] ?? []) {
          const own = block[state] ?? 0;
          const list = touched.get(own);
          if (list === undefined) touched.set(own, [state]);
          else list.push(state);
        }
      }
      for (const [own, states] of touched) {
        const whole = blocks[own];
        if (whole === undefined || states.length === whole.size) continue;
        const part = new Set(states);
        const fresh = blocks.push(part) - 1;
        for (const state of part) {
          whole.delete(state);
          block[state] = fresh;
        }
        waiting.add(waiting.has(own) || part.size <= whole.size ? fresh : own);
      }
    }
  }
  return block;
}

function deadStates(next: Int32Array, width: number, accepting: readonly boolean[]): boolean[] {
  const before: number[][] = accepting.map(() => []);
  next.forEach((target, index) => {
    if (target >= 0) before[target]?.push(Math.floor(index / width));
  });
  const dead = accepting.map(() => true);
  const alive: number[] = [];
  accepting.forEach((ends, state) => {
    if (ends) alive.push(state);
  });
  for (let state = alive.pop(); state !== undefined; state = alive.pop()) {
    if (dead[state] !== true) continue;
    dead[state] = false;
    alive.push(...(before[state] ?? []));
  }
  return dead;
}
