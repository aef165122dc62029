import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { at, info, parse, refusal, requestOf, result } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = at(createOpenai(dialectSettings), '/v1/responses');
const now = { type: 'function', name: 'now', parameters: null };
const hi = { role: 'user', content: 'Hi' };

function messagesOf(body: object): unknown {
  const { prompt } = requestOf(dialect, body);
  return prompt?.kind === 'chat' ? prompt.messages : assert.fail('no chat');
}

test('what the assistant thought, said and called in one turn is one message', () => {
  const call = (id: string): object => ({ type: 'function_call', call_id: id, name: 'now', arguments: '{}' });
  const thought = { type: 'reasoning', id: 'rs', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
  const answer = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'So.', annotations: [] }],
  };
  const input = [
    { role: 'developer', content: 'Be short.' },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'H' },
        { type: 'text', text: 'i' },
      ],
    },
    thought,
    answer,
    call('a'),
    call('b'),
    { type: 'function_call_output', call_id: 'a', output: 'noon' },
    { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'one' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'In short.' }] },
    call('c'),
    { type: 'function_call_output', call_id: 'c', output: '' },
    answer,
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
  ];
  assert.deepEqual(messagesOf({ input }), [
    { role: 'developer', content: 'Be short.' },
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: 'So.',
      reasoning: 'Hm.',
      toolCalls: [
        { id: 'a', name: 'now', arguments: '{}' },
        { id: 'b', name: 'now', arguments: '{}' },
      ],
    },
    { role: 'tool', content: 'noon', toolCallId: 'a' },
    { role: 'tool', content: 'one', toolCallId: 'b' },
    {
      role: 'assistant',
      content: '',
      reasoning: 'In short.',
      toolCalls: [{ id: 'c', name: 'now', arguments: '{}' }],
    },
    { role: 'tool', content: '', toolCallId: 'c' },
    { role: 'assistant', content: 'So.' },
    { role: 'assistant', content: 'No.' },
  ]);
});

test('goes on from a kept response: its input and output come first, its instructions do not', () => {
  const store = new ResponseStore({ maxCount: 10, maxBytes: 100_000 });
  const first = parse(dialect, { input: 'One', instructions: 'Be short.' });
  const choice = { text: 'Two', reasoning: 'Hm.', finishReason: 'stop' as const };
  const kept = first.keep?.({ ...result, choices: [choice] }, info) ?? assert.fail('not kept');
  assert.equal(kept.id, 'resp_u1');
  store.keep(kept.id, kept.text);
  const said = [
    { role: 'user', content: 'One' },
    { role: 'assistant', content: 'Two', reasoning: 'Hm.' },
  ];
  const messages = (body: object): unknown => {
    const { prompt } = parse(dialect, body, {}, store).request;
    return prompt.kind === 'chat' ? prompt.messages : assert.fail('no chat');
  };
  const second = { input: 'Three', previous_response_id: 'resp_u1' };
  assert.deepEqual(messages(second), [...said, { role: 'user', content: 'Three' }]);
  assert.deepEqual(messages({ previous_response_id: 'resp_u1' }), said);
  const reference = { type: 'item_reference', id: 'msg_u1_1' };
  assert.deepEqual(messages({ input: [reference] }), [{ role: 'assistant', content: 'Two' }]);
  assert.deepEqual(messages({ input: [{ type: 'item_reference', id: 'msg_u1_i0' }] }), said.slice(0, 1));
  // said already
  assert.deepEqual(messages({ ...second, input: [reference] }), said);

  const again = parse(dialect, second, {}, store).keep?.({ ...result, choices: [choice] }, { ...info, replyId: 'u2' });
  const { input } = JSON.parse(again?.text ?? '') as { input: { id: string }[] };
  assert.deepEqual(
    input.map(({ id }) => id),
    ['msg_u1_i0', 'rs_u1_0', 'msg_u1_1', 'msg_u2_i3'],
  );
});

test('refuses what is not stored, by name', () => {
  const unknown = refusal(dialect, { input: 'Hi', previous_response_id: 'resp_x' });
  assert.deepEqual([unknown.code, unknown.param], ['previous_response_not_found', 'previous_response_id']);
  assert.deepEqual(dialect.error(unknown), {
    status: 400,
    body: {
      error: {
        message: 'The response resp_x is not stored here.',
        type: 'invalid_request_error',
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      },
    },
  });
  const reference = refusal(dialect, { input: [{ type: 'item_reference', id: 'msg_u9_0' }] });
  assert.deepEqual([reference.code, reference.param], ['invalid_request', 'input[0].id']);
});

test('unknown fields are left out with their paths, near-misses refused', () => {
  const body = {
    input: [
      { role: 'user', content: 'Hi', quux: 1 },
      { role: 'user', content: 'Hi', quux: 1 },
    ],
    tools: [{ ...now, corge: 1 }],
    text: { grault: 1, format: { type: 'text', garply: 1 } },
    reasoning: { waldo: 1 },
    plugh: 1,
  };
  assert.deepEqual(parse(dialect, body).ignored, [
    'plugh',
    'reasoning.waldo',
    'text.grault',
    'text.format.garply',
    'input[0].quux',
    'tools[0].corge',
  ]);
  assert.equal(refusal(dialect, { input: 'Hi', max_output_token: 1 }).param, 'max_output_token');
  assert.equal(refusal(dialect, { input: [{ ...hi, contents: 1 }] }).param, 'input[0].contents');
});
