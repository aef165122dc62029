import { type CharSet, has, meets } from './char-set.ts';
import { parseGbnf } from './gbnf-parse.ts';
import { Intervals } from './intervals.ts';

/**
 * What is still to come: the element to match and what follows the rule that it is in. One object per meaning (`onto` finds
 * it again), so that equal stacks are the same object and a set of them stays small.
 */
interface Stack {
  readonly id: number;
  readonly element: number;
  readonly below: Stack | undefined;
  readonly above: Map<number, Stack>;
  /** The stacks with a character set on top that this one comes to, once asked for. */
  tops: readonly Stack[] | undefined;
  /** Of `above` and `tops`. */
  generation: number;
}

/** What all states of a grammar share. */
interface Ways {
  readonly intervals: Intervals;
  /** Changes when what was remembered is to be forgotten. */
  generation: number;
  setOf(stack: Stack): CharSet;
  /** The state with these stacks' first characters matched. */
  follow(stacks: readonly Stack[]): GbnfState;
}

const END = 'end';
/** Ways to read a text that are followed at once. */
const MAX_WAYS = 50_000;
/** Stacks, states and steps that are remembered: about 10 MB. */
const MAX_REMEMBERED = 50_000;
const TOO_MANY = 'The grammar leaves too many choices at once; make it less ambiguous.';

/** Matches text against a grammar of llama.cpp (GBNF), one code point at a time. Left recursion is refused. */
export class GbnfAutomaton {
  // One array holds the elements of all alternatives; an alternative ends with END.
  readonly #elements: (CharSet | number | typeof END)[] = [];
  /** By rule: where each of its alternatives begins. */
  readonly #starts: number[][] = [];
  readonly #start: GbnfState;
  readonly #bottom: Stack = { id: 0, element: -1, below: undefined, above: new Map(), tops: undefined, generation: 0 };
  readonly #ways: Ways;
  /** By the stacks that it consists of. */
  readonly #states = new Map<string, GbnfState>();
  #lastStack = 0;
  #remembered = 0;

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
          for (const element of sequence) this.#elements.push(element);
          this.#elements.push(END);
          return start;
        }),
      );
    }
    this.#ways = {
      intervals: new Intervals(this.#elements.filter((element) => typeof element === 'object')),
      generation: 0,
      setOf: ({ element }) => this.#elements[element] as CharSet,
      follow: (stacks) => this.#follow(stacks),
    };
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
    this.#refresh(below);
    let stack = below.above.get(element);
    if (stack === undefined) {
      stack = {
        id: ++this.#lastStack,
        element,
        below,
        above: new Map(),
        tops: undefined,
        generation: this.#ways.generation,
      };
      below.above.set(element, stack);
      this.#remembered += 1;
    }
    return stack;
  }

  #state(stacks: readonly Stack[]): GbnfState {
    const found = new Set<Stack>();
    for (const stack of stacks) for (const top of this.#tops(stack)) found.add(top);
    if (found.size > MAX_WAYS) throw new Error(TOO_MANY);
    const complete = found.delete(this.#bottom);
    const tops = [...found].toSorted((a, b) => a.id - b.id);
    const key = `${complete}${tops.map(({ id }) => id).join(' ')}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = new GbnfState(tops, complete, this.#ways);
      this.#states.set(key, state);
      this.#remembered += 1 + tops.length;
    }
    return state;
  }

  /** Replaces rules by their alternatives until a character set, or the bottom, is on top. */
  #tops(stack: Stack): readonly Stack[] {
    this.#refresh(stack);
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
      if (seen.size > MAX_WAYS) throw new Error(TOO_MANY);
    }
    stack.tops = [...found];
    this.#remembered += found.size;
    return stack.tops;
  }

  #follow(stacks: readonly Stack[]): GbnfState {
    if (this.#remembered > MAX_REMEMBERED) {
      // A text can come to any number of states. Those in use stay as they are and find their ways anew.
      this.#ways.generation += 1;
      this.#states.clear();
      this.#remembered = 0;
    }
    this.#remembered += 1;
    return this.#state(stacks.map((stack) => this.#onto(stack.element + 1, stack.below ?? this.#bottom)));
  }

  #refresh(stack: Stack): void {
    if (stack.generation === this.#ways.generation) return;
    stack.above.clear();
    stack.tops = undefined;
    stack.generation = this.#ways.generation;
  }
}

/** Where a text stands in a grammar. What it allows never changes, so states can be kept and gone on from in several ways. */
export class GbnfState {
  /** Whether the text may end here. */
  readonly complete: boolean;
  readonly #tops: readonly Stack[];
  readonly #ways: Ways;
  /** By interval; null where the grammar does not allow it. */
  #known: (GbnfState | null)[] = [];
  #generation: number;

  constructor(tops: readonly Stack[], complete: boolean, ways: Ways) {
    this.#tops = tops;
    this.complete = complete;
    this.#ways = ways;
    this.#generation = ways.generation;
  }

  /**
   * @returns the state behind one more character; undefined where the grammar does not allow it
   * @throws Error where the grammar leaves too many choices
   */
  advance(codePoint: number): GbnfState | undefined {
    if (this.#generation !== this.#ways.generation) {
      this.#known = [];
      this.#generation = this.#ways.generation;
    }
    const interval = this.#ways.intervals.of(codePoint);
    const known = this.#known[interval];
    if (known !== undefined) return known ?? undefined;
    const matching = this.#tops.filter((stack) => has(this.#ways.setOf(stack), codePoint));
    const state = matching.length === 0 ? undefined : this.#ways.follow(matching);
    this.#known[interval] = state ?? null;
    return state;
  }

  /** Whether some character of a range may come next. @param from, to code points, both inclusive */
  allowsAny(from: number, to: number): boolean {
    return this.#tops.some((stack) => meets(this.#ways.setOf(stack), from, to));
  }

  /** The characters that may come next: a set for each way to go on. */
  next(): CharSet[] {
    return this.#tops.map((stack) => this.#ways.setOf(stack));
  }
}
