import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { asSent, at, info, parse, refusal, requestOf, result } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = at(createOpenai(dialectSettings), '/v1/responses');
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [
  { type: 'function', name: 'get_weather', description: 'Of a city.', parameters, strict: true },
  { type: 'function', name: 'now', parameters: null },
];

const names = { maxTokens: 'max_output_tokens', maxTotalTokens: 'max_output_tokens', minTokens: 'min_tokens', n: 'n' };
const silent = {
  splitReasoning: true,
  n: 1,
  silentTemperature: 1,
  minTokens: 0,
  ignoreEos: false,
  sampling: {},
  stop: [],
  names,
};
const hi = { role: 'user', content: 'Hi' };

function messagesOf(body: object): unknown {
  const { prompt } = requestOf(dialect, body);
  return prompt?.kind === 'chat' ? prompt.messages : assert.fail('no chat');
}

test('a string is one message of the user, and a silent request asks for nothing else', () => {
  assert.deepEqual(requestOf(dialect, { input: 'Hi' }), { ...silent, prompt: { kind: 'chat', messages: [hi] } });
  assert.deepEqual(messagesOf({ input: '' }), [{ role: 'user', content: '' }]);
});

test('takes every field', () => {
  const body = {
    model: 'm',
    input: 'Hi',
    instructions: 'Be short.',
    max_output_tokens: 1,
    temperature: 0,
    top_p: 0,
    top_k: -1,
    min_p: 0,
    repetition_penalty: 1.1,
    frequency_penalty: -1,
    presence_penalty: 1,
    seed: 0,
    cache_prompt: false,
    chat_template_kwargs: { x: 1 },
    reasoning: { effort: 'none', summary: 'auto' },
    text: { format: { type: 'json_schema', name: 'n', schema: parameters, strict: true }, verbosity: 'medium' },
    tools,
    tool_choice: 'required',
    parallel_tool_calls: false,
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    top_logprobs: 2,
    store: false,
    stream: true,
    stream_options: { include_obfuscation: false },
    metadata: { a: 'b' },
    truncation: 'disabled',
    background: false,
    user: 'u',
    service_tier: 'auto',
    safety_identifier: 's',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    max_tool_calls: 3,
    conversation: null,
    prompt: null,
  };
  const { stream, ignored, keep, request } = parse(dialect, body);
  assert.equal(stream, true);
  assert.deepEqual(ignored, []);
  assert.equal(keep, undefined);
  assert.deepEqual(asSent(request), {
    ...silent,
    model: 'm',
    prompt: {
      kind: 'chat',
      messages: [{ role: 'system', content: 'Be short.' }, hi],
      tools: {
        tools: [
          { name: 'get_weather', description: 'Of a city.', parameters, param: 'tools[0].parameters' },
          { name: 'now', param: 'tools[1].parameters' },
        ],
        required: true,
        callable: ['get_weather', 'now'],
        parallel: false,
      },
      variables: { reasoning_effort: 'none', enable_thinking: false, thinking: false, x: 1 },
    },
    format: { kind: 'schema', schema: parameters, param: 'text.format.schema' },
    maxTokens: 1,
    sampling: {
      temperature: 0,
      topP: 0,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.1,
      frequencyPenalty: -1,
      presencePenalty: 1,
      seed: 0,
    },
    reuse: false,
    logprobs: 2,
  });
});

test('null is silence in every field', () => {
  const nothing = Object.fromEntries(
    ['instructions', 'max_output_tokens', 'temperature', 'top_p', 'tools', 'tool_choice', 'parallel_tool_calls', 'text']
      .concat(['reasoning', 'include', 'top_logprobs', 'metadata', 'store', 'stream', 'previous_response_id', 'user'])
      .map((name) => [name, null]),
  );
  const { keep, request } = parse(dialect, { input: 'Hi', ...nothing });
  assert.deepEqual(asSent(request), { ...silent, prompt: { kind: 'chat', messages: [hi] } });
  assert.notEqual(keep, undefined);
});

test('formats and choices of tools in every form', () => {
  const format = (given: object): unknown => requestOf(dialect, { input: 'Hi', text: { format: given } }).format;
  assert.equal(format({ type: 'text' }), undefined);
  assert.deepEqual(format({ type: 'json_object' }), { kind: 'json', param: 'text.format' });
  const offer = (choice: unknown): unknown => {
    const { prompt } = requestOf(dialect, { input: 'Hi', tools, tool_choice: choice });
    if (prompt?.kind !== 'chat' || prompt.tools === undefined) return undefined;
    const { required, callable, parallel } = prompt.tools;
    return [required, callable.join(' '), parallel];
  };
  assert.deepEqual(offer('auto'), [false, 'get_weather now', true]);
  assert.equal(offer('none'), undefined);
  assert.deepEqual(offer({ type: 'function', name: 'now' }), [true, 'now', false]);
  const allowed = (mode: string): object => ({
    type: 'allowed_tools',
    mode,
    tools: [{ type: 'function', name: 'now' }],
  });
  assert.deepEqual(offer(allowed('auto')), [false, 'now', true]);
  assert.deepEqual(offer(allowed('required')), [true, 'now', true]);
});

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
    tools: [{ ...tools[1], corge: 1 }],
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
