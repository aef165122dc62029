import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { accepts } from '../../src/grammar/dfa.ts';
import { GbnfAutomaton, schemaToGbnf } from '../../src/grammar/index.ts';
import { regexLanguage } from '../../src/grammar/pattern.ts';
import { hearthTranslation } from '../support/hearth-grammar.ts';
import { ajvFor } from '../support/schema-suite.ts';

// Not __proto__, which ajv counts among the additional properties where it is declared.
const names = fc.constantFrom('a', 'b', 'ab', '"', 'toString');
const leaf = fc.oneof(
  fc.constantFrom<object | boolean>(true, {}, { type: 'string' }, { type: 'integer' }, { type: ['null', 'boolean'] }),
  fc.record({
    enum: fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.string({ maxLength: 2 }), fc.boolean()), {
      minLength: 1,
    }),
  }),
  fc.record({ const: fc.jsonValue({ maxDepth: 2 }) }),
  fc.record({
    type: fc.constantFrom('integer', 'number'),
    minimum: fc.integer({ min: -50, max: 5 }),
    exclusiveMaximum: fc.integer({ min: 6, max: 200 }),
  }),
  fc.record({ minLength: fc.nat(2), maxLength: fc.integer({ min: 2, max: 5 }) }),
  fc.record({ type: fc.constant('string'), pattern: fc.constantFrom('^a', 'b$', '^[ab]{0,3}$', '\\d') }),
  fc.record({ type: fc.constant('string'), format: fc.constantFrom('date', 'time', 'date-time', 'uuid', 'email') }),
);
const { schema } = fc.letrec<{ schema: object | boolean }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b$'), tie('schema'), { maxKeys: 2 }),
        additionalProperties: tie('schema'),
        required: fc.uniqueArray(names, { maxLength: 2 }),
        maxProperties: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
        items: tie('schema'),
        minItems: fc.nat(3),
        maxItems: fc.integer({ min: 2, max: 5 }),
      },
      { requiredKeys: [] },
    ),
    ...['anyOf', 'allOf', 'oneOf'].map((keyword) =>
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((list) => ({ [keyword]: list })),
    ),
  ),
}));

it('produces only texts that ajv calls valid, for any schema that it takes', () => {
  let taken = 0;
  fc.assert(
    fc.property(schema, (candidate) => {
      const translation = hearthTranslation(candidate, 8);
      if (translation.refused !== undefined) return;
      taken++;
      const problemOf = ajvFor(candidate);
      for (const text of translation.samples) {
        assert.ok(translation.accepts(text), `its own text ${text}`);
        assert.equal(problemOf(JSON.parse(text)), '', text);
      }
    }),
    { numRuns: 400, seed: 5 },
  );
  assert.ok(taken > 200, `only ${taken} schemas were taken`);
});

it('agrees with ajv on values, for any schema that it takes', () => {
  fc.assert(
    fc.property(schema, fc.jsonValue({ maxDepth: 2 }), (candidate, value) => {
      // Members of objects would have to stand in the schema's order: those of one member do.
      const single = JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).slice(0, 1))
          : inner,
      );
      const translation = hearthTranslation(candidate, 0);
      if (translation.refused !== undefined || /\d[eE.]/.test(single)) return;
      assert.equal(translation.accepts(single), ajvFor(candidate)(JSON.parse(single)) === '', single);
    }),
    { numRuns: 600, seed: 5 },
  );
});

it('finds a pattern where RegExp finds it', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\d',
    '\\W',
    '[^a]',
    '[a-c\\s]',
    '(?:ab|c)',
    '(b|)',
    '^',
    '$',
    '\\u{1F600}',
  );
  const part = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+?', '?', '{2}', '{1,2}', '|'))
    .map(([text, repeat]) => ((text === '^' || text === '$') && repeat !== '|' ? text : text + repeat));
  const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
  const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '\n', '😀'), maxLength: 6 }), {
    minLength: 5,
    maxLength: 20,
  });
  fc.assert(
    fc.property(pattern, texts, (source, list) => {
      const language = regexLanguage(source);
      const regex = new RegExp(source, 'u');
      for (const text of list)
        assert.equal(accepts(language, text), regex.test(text), `/${source}/ on ${JSON.stringify(text)}`);
    }),
    { numRuns: 2000, seed: 5 },
  );
});

it('holds the bounds of numbers to the last digit', () => {
  const bound = fc.oneof(
    fc.integer({ min: -2000, max: 2000 }),
    fc.integer({ min: -9999, max: 9999 }).map((value) => value / 100),
  );
  const bounds = fc.record(
    { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.constantFrom('integer', 'number'),
      bounds,
      fc.array(bound, { minLength: 10 }),
      (type, limits, others) => {
        const translation = hearthTranslation({ type, ...limits }, 10);
        if (translation.refused !== undefined) return;
        const problemOf = ajvFor({ type, ...limits });
        const near = Object.values(limits).flatMap((value) => [
          value,
          value + 0.01,
          value - 0.01,
          value + 1,
          value - 1,
        ]);
        for (const value of [...others, ...near.map((number) => Math.round(number * 100) / 100), 0]) {
          const text = Object.is(value, -0) ? '0' : String(value);
          assert.equal(translation.accepts(text), problemOf(value) === '', text);
        }
        for (const text of translation.samples) assert.equal(problemOf(JSON.parse(text)), '', text);
      },
    ),
    { numRuns: 400, seed: 5 },
  );
});

it('reads a grammar forwards from any state, without changing it', () => {
  const automaton = new GbnfAutomaton(schemaToGbnf({ enum: ['ab', 'ac'] }, { param: 'p' }));
  const quote = automaton.start.advance(0x22)?.advance(0x61);
  assert.ok(quote);
  assert.equal(quote.complete, false);
  assert.equal(quote.advance(0x64), undefined);
  assert.deepEqual(quote.next().flat(), [0x62, 0x62, 0x63, 0x63]);
  assert.equal(quote.advance(0x62)?.advance(0x22)?.complete, true);
  assert.equal(quote.advance(0x63)?.advance(0x22)?.complete, true);
  assert.throws(() => new GbnfAutomaton('root ::= other'), /other is not defined/);
  assert.throws(() => new GbnfAutomaton('root ::= "a'), /Expected a character/);
});
