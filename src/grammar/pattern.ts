import { type CharSet, EVERY_CHAR, has, partition } from './char-set.ts';
import { type Dfa, explore, TooManyStates } from './dfa.ts';
import { MAX_STATES } from './limits.ts';
import { Refusal } from './refusal.ts';
import { parseRegex, type Regex } from './regex.ts';
import { RegexSyntax } from './regex-source.ts';

// A state's edges: over a set, or over nothing where the condition holds.
interface NfaState {
  over: { set: CharSet; to: number }[];
  free: { to: number; when: 'always' | 'start' | 'end' }[];
}

const MAX_NFA_STATES = 4 * MAX_STATES;
const known = new Map<string, Dfa>();
const MAX_KNOWN = 200;

/**
 * The strings in which a pattern is found, as ECMA 262 finds it with the flag u: anywhere, unless it has ^ or $.
 * @throws Refusal where it is no regular expression, not regular or too large
 */
export function patternLanguage(pattern: unknown, keyword: string, at: string): Dfa {
  if (typeof pattern !== 'string') throw new Refusal(keyword, at, 'must be a string');
  const before = known.get(pattern);
  if (before !== undefined) return before;
  try {
    const dfa = regexLanguage(pattern);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(pattern, dfa);
    return dfa;
  } catch (error) {
    if (error instanceof RegexSyntax) throw new Refusal(keyword, at, error.message);
    if (error instanceof TooManyStates) throw new Refusal(keyword, at, `needs ${error.message}`);
    throw error;
  }
}

/** @throws RegexSyntax, TooManyStates */
export function regexLanguage(pattern: string): Dfa {
  const nfa: NfaState[] = [];
  const state = (): number => {
    if (nfa.length >= MAX_NFA_STATES) throw new TooManyStates(`more than ${MAX_NFA_STATES} states`);
    return nfa.push({ over: [], free: [] }) - 1;
  };
  const start = state();
  const end = state();
  const regex = parseRegex(pattern);
  // Elsewhere than at the start an anchored pattern need not be looked for.
  if (!isAnchored(regex)) nfa[start]?.over.push({ set: EVERY_CHAR, to: start });
  nfa[end]?.over.push({ set: EVERY_CHAR, to: end });
  link(regex, start, end, nfa, state);

  const sets = [...new Set(nfa.flatMap(({ over }) => over.map(({ set }) => set)))];
  const classes = partition(sets);
  const columns = new Map(sets.map((set) => [set, classes.map(([first = 0]) => has(set, first))]));
  return explore(
    classes,
    closure(nfa, [start], true, end),
    ({ key }) => key,
    ({ done, states }, column) => {
      // Once it has been found, any text may follow.
      if (done) return FOUND;
      const targets: number[] = [];
      for (const from of states) {
        for (const { set, to } of nfa[from]?.over ?? []) if (columns.get(set)?.[column] === true) targets.push(to);
      }
      return targets.length === 0 ? undefined : closure(nfa, targets, false, end);
    },
    ({ ends }) => ends,
  );
}

/** Whether it can only be found at the start. */
function isAnchored(regex: Regex): boolean {
  if (regex.kind === 'choice') return regex.parts.every(isAnchored);
  if (regex.kind === 'sequence') return regex.parts[0] !== undefined && isAnchored(regex.parts[0]);
  return regex.kind === 'start';
}

interface Closure {
  states: readonly number[];
  /** Whether the whole pattern has been found, with any text after it. */
  done: boolean;
  /** Whether it has been found if the text ends here. */
  ends: boolean;
  key: string;
}

const FOUND: Closure = { states: [], done: true, ends: true, key: 'found' };

function closure(nfa: readonly NfaState[], from: Iterable<number>, atStart: boolean, end: number): Closure {
  const states = new Set(from);
  let endEdges = false;
  for (const state of states) {
    for (const { to, when } of nfa[state]?.free ?? []) {
      if (when === 'end') endEdges = true;
      else if (when === 'always' || atStart) states.add(to);
    }
  }
  if (states.has(end)) return FOUND;
  const ends = endEdges && reachesEnd(nfa, states, atStart, end);
  const kept = [...states].filter((state) => (nfa[state]?.over.length ?? 0) > 0).toSorted((a, b) => a - b);
  return { states: kept, done: false, ends, key: `${kept.join(' ')}${ends ? '$' : ''}` };
}

/** Whether the pattern is found if the text ends here, so that $ holds. */
function reachesEnd(nfa: readonly NfaState[], from: Iterable<number>, atStart: boolean, end: number): boolean {
  const states = new Set(from);
  for (const state of states) {
    for (const { to, when } of nfa[state]?.free ?? []) if (when !== 'start' || atStart) states.add(to);
  }
  return states.has(end);
}

/** Adds states so that exactly the expression leads from one state to the other. */
function link(regex: Regex, from: number, to: number, nfa: NfaState[], state: () => number): void {
  const free = (a: number, b: number, when: 'always' | 'start' | 'end' = 'always'): void => {
    nfa[a]?.free.push({ to: b, when });
  };
  switch (regex.kind) {
    case 'chars':
      nfa[from]?.over.push({ set: regex.set, to });
      return;
    case 'start':
    case 'end':
      free(from, to, regex.kind);
      return;
    case 'choice':
      for (const part of regex.parts) link(part, from, to, nfa, state);
      return;
    case 'sequence': {
      let at = from;
      for (const part of regex.parts) {
        const next = state();
        link(part, at, next, nfa, state);
        at = next;
      }
      free(at, to);
      return;
    }
    case 'repeat': {
      let at = from;
      for (let count = 0; count < regex.min; count++) {
        const next = state();
        link(regex.part, at, next, nfa, state);
        at = next;
      }
      if (regex.max === Infinity) {
        const loop = state();
        free(at, loop);
        const back = state();
        link(regex.part, loop, back, nfa, state);
        free(back, loop);
        free(loop, to);
        return;
      }
      for (let count = regex.min; count < regex.max; count++) {
        free(at, to);
        const next = state();
        link(regex.part, at, next, nfa, state);
        at = next;
      }
      free(at, to);
    }
  }
}
