import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { refusal, requestOf } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const messages = [{ role: 'user', content: 'Hi' }];

test('names the part of a message that is no text', () => {
  for (const type of ['image_url', 'input_audio', 'file']) {
    const error = refusal(dialect, { messages: [{ role: 'user', content: [{ type, [type]: {} }] }] });
    assert.equal(error.param, 'messages[0].content[0].type');
    assert.match(error.message, new RegExp(`got "${type}"; this model reads text only`));
  }
});

test('takes every response format', () => {
  const schema = { type: 'object' };
  const formatOf = (given: unknown): unknown => requestOf(dialect, { messages, response_format: given }).format;
  assert.equal(formatOf({ type: 'text' }), undefined);
  assert.equal(formatOf(null), undefined);
  assert.deepEqual(formatOf({ type: 'json_object' }), { kind: 'json', param: 'response_format' });
  for (const strict of [true, false, null]) {
    assert.deepEqual(formatOf({ type: 'json_schema', json_schema: { name: 'x', strict, schema } }), {
      kind: 'schema',
      schema,
      param: 'response_format.json_schema.schema',
    });
  }
  const llamaServer = { kind: 'schema', schema, param: 'response_format.schema' };
  assert.deepEqual(formatOf({ type: 'json_object', schema }), llamaServer);
  assert.deepEqual(formatOf({ type: 'json_schema', schema }), llamaServer);
  assert.deepEqual(requestOf(dialect, { messages, grammar: 'root ::= "a"' }).format, {
    kind: 'grammar',
    gbnf: 'root ::= "a"',
    param: 'grammar',
  });
});

test('refuses a response format that says nothing, by name', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ response_format: 'json' }, 'response_format'],
    [{ response_format: {} }, 'response_format.type'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'x' } } }, 'response_format.json_schema.schema'],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: 'string' } } },
      'response_format.json_schema.schema',
    ],
    [{ response_format: { type: 'json_object' }, grammar: 'root ::= "a"' }, 'grammar'],
    [{ grammar: '' }, 'grammar'],
    [{ grammar: 5 }, 'grammar'],
    [{ reasoning_effort: 'much' }, 'reasoning_effort'],
    [{ reasoning_format: 'x' }, 'reasoning_format'],
    [{ chat_template_kwargs: [] }, 'chat_template_kwargs'],
    [{ chat_template_kwargs: { messages: [] } }, 'chat_template_kwargs.messages'],
  ];
  for (const [fields, param] of cases) assert.equal(refusal(dialect, { messages, ...fields }).param, param);
});

test('tells the template of an effort in the words of every model, and what the client says itself', () => {
  const variables = (fields: Record<string, unknown>): unknown => {
    const { prompt } = requestOf(dialect, { messages, ...fields });
    return prompt?.kind === 'chat' ? prompt.variables : assert.fail('no chat');
  };
  assert.equal(variables({}), undefined);
  assert.deepEqual(variables({ reasoning_effort: 'low' }), {
    reasoning_effort: 'low',
    enable_thinking: true,
    thinking: true,
  });
  assert.deepEqual(variables({ reasoning_effort: 'none', chat_template_kwargs: { thinking: true } }), {
    reasoning_effort: 'none',
    enable_thinking: false,
    thinking: true,
  });
  assert.equal(requestOf(dialect, { messages, reasoning_format: 'none' }).splitReasoning, false);
});
