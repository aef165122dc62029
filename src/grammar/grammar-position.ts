import type { GbnfAutomaton, GbnfState } from './automaton.ts';
import { BETWEEN, bytesToCome, extend, firstOf, lastOf, MALFORMED } from './utf8-prefix.ts';

/** Where a text of bytes stands in a grammar: it may end within a character. */
export interface GrammarPosition {
  /** Where its whole characters stand. */
  readonly state: GbnfState;
  /** The bytes of a character that is not whole yet (utf8-prefix.ts). */
  readonly prefix: number;
}

/** The place before the first byte. */
export function beginning(automaton: GbnfAutomaton): GrammarPosition {
  return { state: automaton.start, prefix: BETWEEN };
}

/** Whether a text may end here. */
export function mayEnd({ state, prefix }: GrammarPosition): boolean {
  return prefix === BETWEEN && state.complete;
}

/**
 * The place behind some more bytes.
 * @returns undefined where the grammar does not allow them: where no text of it goes on so, or they are no UTF-8
 * @throws Error where the grammar leaves too many choices
 */
export function advanceBytes(from: GrammarPosition, bytes: Uint8Array): GrammarPosition | undefined {
  let { state, prefix } = from;
  for (const byte of bytes) {
    prefix = extend(prefix, byte);
    if (prefix === MALFORMED) return undefined;
    const after = stateBehind(state, prefix);
    if (after === undefined) return undefined;
    if (bytesToCome(prefix) === 0) prefix = BETWEEN;
    state = after;
  }
  return { state, prefix };
}

/** The state behind a character that is whole; the same one behind the beginning of one, if any such may come. */
export function stateBehind(state: GbnfState, prefix: number): GbnfState | undefined {
  if (bytesToCome(prefix) === 0) return state.advance(firstOf(prefix));
  return state.allowsAny(firstOf(prefix), lastOf(prefix)) ? state : undefined;
}
