import { GbnfAutomaton } from '../grammar/index.ts';

/** Characters of a client's grammar. */
const LONGEST = 100_000;
/** Characters times the largest repetition: llama.cpp writes out what is repeated. */
const LARGEST = 4_000_000;

/**
 * Reads a grammar that a client sent, before llama.cpp sees it: llama.cpp writes one that it cannot read, with whatever is in
 * it, to stderr.
 * @throws Error that says what is wrong
 */
export function readClientGrammar(gbnf: string): GbnfAutomaton {
  if (gbnf.length > LONGEST) throw new Error(`it has ${gbnf.length} characters, and ${LONGEST} are allowed.`);
  const repetition = Math.max(1, ...Array.from(gbnf.matchAll(/\{[^}]{0,20}?(\d+)\s*\}/g), (match) => Number(match[1])));
  if (gbnf.length * repetition > LARGEST) {
    throw new Error(`${repetition} repetitions are too many for a grammar of ${gbnf.length} characters.`);
  }
  return new GbnfAutomaton(gbnf);
}
