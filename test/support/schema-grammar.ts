import assert from 'node:assert/strict';
import { GbnfAutomaton, schemaToGbnf } from '../../src/grammar/index.ts';

/** Asserts which texts the grammar of a schema allows. */
export function assertLanguage(schema: unknown, allowed: readonly string[], refused: readonly string[]): void {
  const gbnf = schemaToGbnf(schema, { param: 'schema' });
  const automaton = new GbnfAutomaton(gbnf);
  const wrong = [
    ...allowed.filter((text) => !automaton.accepts(text)).map((text) => `refuses ${text}`),
    ...refused.filter((text) => automaton.accepts(text)).map((text) => `allows ${text}`),
  ];
  assert.deepEqual(wrong, [], `${JSON.stringify(schema)}\n${gbnf}`);
}

/** Asserts that a schema is refused with a message that names what is wrong and where, and with the request's field. */
export function assertRefused(schema: unknown, message: RegExp): void {
  assert.throws(() => schemaToGbnf(schema, { param: 'response_format.json_schema.schema' }), {
    name: 'InferenceError',
    code: 'invalid_request',
    param: 'response_format.json_schema.schema',
    message,
  });
}
