import { type CharSet, has } from './char-set.ts';
import { parseGbnf } from './gbnf-parse.ts';

/**
 * What is still to come: the element to match and what follows the rule that it is in. One object per meaning (`onto` finds
 * it again), so that equal stacks are the same object and a set of them stays small.
 */
interface Stack {
  readonly element: number;
  readonly below: Stack | undefined;
  readonly above: Map<number, Stack>;
  /** The stacks with a character set on top that this one comes to, once asked for. */
  tops: readonly Stack[] | undefined;
}

/** Matches text against a grammar of llama.cpp (GBNF), one code point at a time. Left recursion is refused. */
export class GbnfAutomaton {
  // One array holds the elements of all alternatives; an alternative ends with END.
  readonly #elements: (CharSet | number | typeof END)[] = [];
  /** By rule: where each of its alternatives begins. */
  readonly #starts: number[][] = [];
  readonly #start: GbnfState;
  readonly #bottom: Stack = { element: -1, below: undefined, above: new Map(), tops: undefined };

  /**
   * @param gbnf a grammar's text
   * @param root the rule to begin with
   * @throws Error where the text is no grammar, or a rule can begin with itself
   */
  constructor(gbnf: string, root = 'root') {
    const grammar = parseGbnf(gbnf, root);
    for (const rule of grammar.rules) {
      this.#starts.push(
        rule.map((sequence) => {
          const start = this.#elements.length;
          this.#elements.push(...sequence, END);
          return start;
        }),
      );
    }
    const begin = (this.#starts[grammar.root] ?? []).map((start) => this.#onto(start, this.#bottom));
    this.#start = this.#state(begin);
  }

  /** The state before the first character. */
  get start(): GbnfState {
    return this.#start;
  }

  /** Whether the grammar allows exactly this text. */
  accepts(text: string): boolean {
    let state: GbnfState | undefined = this.#start;
    for (const char of text) {
      state = state.advance(char.codePointAt(0) ?? 0);
      if (state === undefined) return false;
    }
    return state.complete;
  }

  #onto(element: number, below: Stack): Stack {
    // The end of an alternative goes on with what is below, so tail calls do not grow the stack.
    if (this.#elements[element] === END) return below;
    let stack = below.above.get(element);
    if (stack === undefined) {
      stack = { element, below, above: new Map(), tops: undefined };
      below.above.set(element, stack);
    }
    return stack;
  }

  #state(stacks: readonly Stack[]): GbnfState {
    const tops = new Set<Stack>();
    for (const stack of stacks) for (const top of this.#tops(stack)) tops.add(top);
    const complete = tops.delete(this.#bottom);
    return new GbnfState([...tops], complete, this.#setOf, this.#follow);
  }

  /** Replaces rules by their alternatives until a character set, or the bottom, is on top. */
  #tops(stack: Stack): readonly Stack[] {
    if (stack.tops !== undefined) return stack.tops;
    const found = new Set<Stack>();
    const seen = new Set([stack]);
    for (const here of seen) {
      const element = this.#elements[here.element];
      if (typeof element !== 'number' || here.below === undefined) {
        found.add(here);
        continue;
      }
      const after = this.#onto(here.element + 1, here.below);
      for (const start of this.#starts[element] ?? []) seen.add(this.#onto(start, after));
      if (seen.size > MAX_OPEN)
        throw new Error('The grammar has a rule that can begin with itself, or too many choices at once.');
    }
    stack.tops = [...found];
    return stack.tops;
  }

  readonly #setOf = (stack: Stack): CharSet => this.#elements[stack.element] as CharSet;

  readonly #follow = (stacks: readonly Stack[]): GbnfState =>
    this.#state(stacks.map((stack) => this.#onto(stack.element + 1, stack.below ?? this.#bottom)));
}

const END = 'end';
const MAX_OPEN = 100_000;

/** Where a text stands in a grammar. Never changes, so states can be kept and gone on from in several ways. */
export class GbnfState {
  /** Whether the text may end here. */
  readonly complete: boolean;
  readonly #tops: readonly Stack[];
  readonly #setOf: (stack: Stack) => CharSet;
  readonly #follow: (stacks: readonly Stack[]) => GbnfState;
  readonly #known = new Map<number, GbnfState | undefined>();

  constructor(
    tops: readonly Stack[],
    complete: boolean,
    setOf: (stack: Stack) => CharSet,
    follow: (stacks: readonly Stack[]) => GbnfState,
  ) {
    this.#tops = tops;
    this.complete = complete;
    this.#setOf = setOf;
    this.#follow = follow;
  }

  /** @returns the state behind one more character; undefined where the grammar does not allow it */
  advance(codePoint: number): GbnfState | undefined {
    if (this.#known.has(codePoint)) return this.#known.get(codePoint);
    const matching = this.#tops.filter((stack) => has(this.#setOf(stack), codePoint));
    const state = matching.length === 0 ? undefined : this.#follow(matching);
    this.#known.set(codePoint, state);
    return state;
  }

  /** The characters that may come next: a set for each way to go on. */
  next(): CharSet[] {
    return this.#tops.map((stack) => this.#setOf(stack));
  }
}
