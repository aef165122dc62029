import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLlamaServer } from '../../src/dialects/llama-server/index.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, refusal, requestOf } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const completions = at(createOpenai(dialectSettings), '/v1/completions');
const native = at(createLlamaServer(dialectSettings), '/completion');
const gbnf = 'root ::= "a"';
const schema = { type: 'object' };

test('completions take the formats of chat', () => {
  const formatOf = (fields: object): unknown => requestOf(completions, { prompt: 'Once', ...fields }).format;
  assert.equal(formatOf({}), undefined);
  assert.deepEqual(formatOf({ grammar: gbnf }), { kind: 'grammar', gbnf, param: 'grammar' });
  assert.deepEqual(formatOf({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }), {
    kind: 'schema',
    schema,
    param: 'response_format.json_schema.schema',
  });
});

test('llama-server’s completion takes a grammar, an empty one for none, or a schema', () => {
  const formatOf = (fields: object): unknown => requestOf(native, { prompt: 'Once', ...fields }).format;
  assert.equal(formatOf({ grammar: '' }), undefined);
  assert.deepEqual(formatOf({ grammar: gbnf }), { kind: 'grammar', gbnf, param: 'grammar' });
  assert.deepEqual(formatOf({ json_schema: schema }), { kind: 'schema', schema, param: 'json_schema' });
  assert.deepEqual(formatOf({ json_schema: false, grammar: '' }), {
    kind: 'schema',
    schema: false,
    param: 'json_schema',
  });
});

test('formats that are none or contradict each other are refused', () => {
  const cases: [typeof native, object, string][] = [
    [completions, { grammar: 7 }, 'grammar'],
    [completions, { grammar: gbnf, response_format: { type: 'json_object' } }, 'grammar'],
    [completions, { response_format: { type: 'xml' } }, 'response_format.type'],
    [native, { grammar: 7 }, 'grammar'],
    [native, { grammar: gbnf, json_schema: {} }, 'json_schema'],
    [native, { json_schema: 'x' }, 'json_schema'],
  ];
  for (const [dialect, fields, param] of cases) {
    assert.equal(refusal(dialect, { prompt: 'Once', ...fields }).param, param);
  }
});
