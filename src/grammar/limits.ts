/** Characters of the schema written as JSON. Larger ones are refused before anything else looks at them. */
export const MAX_SCHEMA_CHARACTERS = 262_144;
/** Values nested in each other in the schema. */
export const MAX_SCHEMA_DEPTH = 100;
/** Schemas within the schema. */
export const MAX_SCHEMAS = 2000;
/** Alternatives of one JSON type in one place, after anyOf, oneOf and allOf are multiplied out. */
export const MAX_ALTERNATIVES = 256;
/** Steps of work that one schema may cost; a step takes a microsecond at most. */
export const MAX_WORK = 60_000;
/** The largest minLength, maxLength, minItems and maxItems. */
export const MAX_REPETITION = 100_000;
/** llama.cpp refuses {n} over 2,000 and takes {,n} over 2,000 for endless without a word; longer ones are written in blocks. */
export const REPETITION_BLOCK = 1000;
/** States of the automaton of one pattern, format or set of names. */
export const MAX_STATES = 2000;
/** Rules of one grammar. */
export const MAX_RULES = 10_000;
/** Characters of one grammar. */
export const MAX_GRAMMAR_CHARACTERS = 1_000_000;
