import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import {
  checkSchemaSize,
  GbnfAutomaton,
  grammarText,
  jsonObjectGbnf,
  schemaRules,
  schemaRulesInTurns,
  schemaToGbnf,
} from '../../src/grammar/index.ts';
import { assertLanguage, assertRefused } from '../support/schema-grammar.ts';

const integer = { type: 'integer' };

describe('refusals and limits', () => {
  it('names the keyword and its place', () => {
    assertRefused(
      { properties: { 'a/b': { not: {} } } },
      /"not" in the schema at #\/properties\/a~1b is not supported/,
    );
    assertRefused(
      { $ref: 'https://example.com/other' },
      /"\$ref" .* leads to "https:\/\/example.com\/other", which the schema does not hold/,
    );
    assertRefused({ type: 'text' }, /"type" in the schema at # must be one of null, boolean/);
    assertRefused({ items: [integer] }, /"items" .* "prefixItems"/);
    assertRefused({ min_length: 3 }, /"min_length" in the schema at # is no keyword: "minLength" is/);
    assertRefused({ dependencies: {} }, /"dependencies" .* is not supported/);
    assertRefused('string', /The schema at # must be an object or a boolean, not a string/);
    assertRefused(
      { properties: { a: null } },
      /The schema at #\/properties\/a must be an object or a boolean, not null/,
    );
  });

  it('ignores annotations and words of other people', () => {
    const schema = {
      type: 'null',
      title: 't',
      description: 'd',
      default: 1,
      examples: [1],
      deprecated: true,
      readOnly: true,
      $comment: 'c',
      'x-order': 3,
      nullable: false,
    };
    assertLanguage(schema, ['null'], ['1']);
  });

  it('refuses what is too large before it costs time', () => {
    let deep: unknown = {};
    for (let depth = 0; depth < 100_000; depth++) deep = { items: deep };
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`name ${index}`, { type: 'string' }]));
    assertRefused(deep, /nested more than 100 values deep/);
    assertRefused({ const: 'x'.repeat(300_000) }, /longer than 262144 characters/);
    assertRefused({ type: 'object', properties: wide }, /holds more than 2000 schemas/);
    assertRefused({ type: 'array', minItems: 1_000_000 }, /"minItems" in the schema at # must be at most 100000/);
    const pairs = Array.from({ length: 10 }, (_, index) => ({
      anyOf: [0, 1, 2].map((value) => ({ required: [`${index} ${value}`] })),
    }));
    assertRefused({ allOf: pairs }, /more than 256 alternatives/);
  });
});

it('offers any JSON object as a grammar', () => {
  const automaton = new GbnfAutomaton(jsonObjectGbnf);
  assert.ok(automaton.accepts('{"a": [1, {"b": null}], "c": "d"}'));
  assert.ok(!automaton.accepts('[1]'));
  assert.ok(!automaton.accepts('{"a":\n1}'));
});

it('gives rules under a prefix that make one grammar with those of other schemas', () => {
  const a = schemaRules({ type: 'object', properties: { x: integer } }, { param: 'tools', prefix: 'tool-0' });
  const b = schemaRules({ type: 'array', items: integer }, { param: 'tools', prefix: 'tool-1' });
  const automaton = new GbnfAutomaton(grammarText([`root ::= "A" ${a.rule} | "B" ${b.rule}`, ...a.rules, ...b.rules]));
  assert.ok(automaton.accepts('A{"x":1}'));
  assert.ok(automaton.accepts('B[1,2]'));
  assert.ok(!automaton.accepts('A[1]'));
});

it('gives the same grammar for the same schema', () => {
  const schema = {
    anyOf: [
      { type: 'string', format: 'email' },
      { type: 'integer', minimum: 3 },
    ],
  };
  assert.equal(schemaToGbnf(schema, { param: 'p' }), schemaToGbnf(structuredClone(schema), { param: 'p' }));
});

it('writes a large schema in turns, with the same rules, until a turn ends the work', async () => {
  const properties = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`p${index}`, { minLength: index + 1 }]),
  );
  const schema = { type: 'object', properties };
  const options = { param: 'tools', prefix: 'tool-0' };
  let turns = 0;
  const counted = (): Promise<void> | undefined => {
    turns += 1;
    return turns % 10 === 0 ? Promise.resolve() : undefined;
  };
  assert.deepEqual(await schemaRulesInTurns(schema, options, counted), schemaRules(schema, options));
  assert.ok(turns >= 50);
  const gone = new Error('gone');
  await assert.rejects(
    schemaRulesInTurns(schema, options, () => Promise.reject(gone)),
    gone,
  );
});

it('refuses a schema that is too large before anything else looks at it', () => {
  checkSchemaSize({ enum: ['x'.repeat(1000)] }, { param: 'here' });
  assert.throws(
    () => checkSchemaSize({ enum: ['x'.repeat(300_000)] }, { param: 'here' }),
    (error) => error instanceof InferenceError && error.param === 'here' && /longer than/.test(error.message),
  );
});
