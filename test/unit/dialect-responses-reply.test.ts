import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { GenerateEvent, GenerateResult, TokenLogprob } from '../../src/contract/generate.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { collectSeen } from '../../src/dialects/seen.ts';
import { at, generationOf, info, parse, render, streamText } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = at(createOpenai(dialectSettings), '/v1/responses');
const usage = { promptTokens: 5, completionTokens: 9, cachedTokens: 3, reasoningTokens: 2 };
const timings = { queueMs: 1, firstTokenMs: 2, totalMs: 2500 };
const body = { input: 'Hi', stream: true };

/** The events of a completion around what it writes. */
function events(writes: readonly GenerateEvent[], reason: 'stop' | 'length' | 'tool_calls'): readonly GenerateEvent[] {
  const done: GenerateEvent = { type: 'done', usage, timings };
  return [{ type: 'start', promptTokens: 5 }, ...writes, { type: 'finish', index: 0, reason }, done];
}

const say = (text: string, logprobs?: TokenLogprob[]): GenerateEvent => ({
  type: 'delta',
  index: 0,
  text,
  ...(logprobs && { logprobs }),
});
const think = (text: string): GenerateEvent => ({ type: 'reasoning', index: 0, text });
const call = (number: number, id: string, rest: { name?: string; argumentsDelta?: string }): GenerateEvent => ({
  type: 'tool_call',
  index: 0,
  call: number,
  id,
  ...rest,
});

interface Wire {
  type: string;
  sequence_number: number;
  response?: Record<string, unknown>;
  [name: string]: unknown;
}

/** The events of a stream; each is under the name of its type, and they are numbered from 0. */
async function streamed(of: readonly GenerateEvent[], fields: object = {}): Promise<Wire[]> {
  const text = await streamText(dialect, { ...body, ...fields }, of);
  assert.ok(text.endsWith('\n\n') && !text.includes('[DONE]'));
  const frames = text.split('\n\n').slice(0, -1);
  return frames.map((frame, index) => {
    const [name = '', data = '', ...more] = frame.split('\n');
    assert.deepEqual(more, []);
    const event = JSON.parse(data.slice('data: '.length)) as Wire;
    assert.equal(name, `event: ${event.type}`);
    assert.equal(event.sequence_number, index);
    return event;
  });
}

const whole = {
  id: 'resp_u1',
  object: 'response',
  status: 'completed',
  created_at: 1_700_000_000,
  completed_at: 1_700_000_002,
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  model: 'fake',
  output: [
    {
      id: 'msg_u1_0',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Paris', annotations: [], logprobs: [] }],
    },
  ],
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  truncation: 'disabled',
  usage: {
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 14,
  },
  user: null,
  metadata: {},
};

const paris: GenerateResult = { choices: [{ text: 'Paris', finishReason: 'stop' }], usage, timings };
const begun = { ...whole, status: 'in_progress', completed_at: null, output: [], usage: null };

test('a reply has every field that clients read', () => {
  assert.deepEqual(render(dialect, { input: 'Hi' }, paris), whole);
});

test('a reply tells what it was asked for, and the server’s defaults where it was not', () => {
  const tool = { type: 'function', name: 'now' };
  const asked = {
    instructions: 'Be short.',
    max_output_tokens: 9,
    parallel_tool_calls: false,
    store: false,
    temperature: 0,
    top_p: 0,
    tool_choice: 'none',
    top_logprobs: 0,
    user: 'u',
    metadata: { a: 'b' },
    text: { format: { type: 'json_object' } },
    reasoning: { effort: 'low' },
  };
  const echo = { ...asked, text: { ...asked.text, verbosity: 'medium' }, reasoning: { effort: 'low', summary: null } };
  const tools = [{ type: 'function', name: 'now', description: null, parameters: null, strict: true }];
  assert.deepEqual(render(dialect, { input: 'Hi', ...asked, tools: [tool] }, paris), { ...whole, ...echo, tools });
  const route = generationOf(dialect);
  const defaults = { temperature: 0.5, topP: 0.9, presencePenalty: undefined };
  const reply = route.render(paris, { input: 'Hi' }, { ...info, defaults });
  assert.deepEqual(reply, { ...whole, temperature: 0.5, top_p: 0.9 });
});

test('streams a text', async () => {
  const at = { item_id: 'msg_u1_0', output_index: 0, content_index: 0 };
  const [item] = whole.output;
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
  const seen = await streamed(events([say('Par'), say('is')], 'stop'));
  const expected: object[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part },
    { type: 'response.output_text.delta', ...at, delta: 'Par', logprobs: [] },
    { type: 'response.output_text.delta', ...at, delta: 'is', logprobs: [] },
    { type: 'response.output_text.done', ...at, text: 'Paris', logprobs: [] },
    { type: 'response.content_part.done', ...at, part: { ...part, text: 'Paris' } },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ];
  assert.deepEqual(
    seen,
    expected.map((event, index) => ({ ...event, sequence_number: index })),
  );
});

const turn = [
  think('H'),
  think('m.'),
  say('See:'),
  call(0, 'a', { name: 'get_weather' }),
  call(0, 'a', { argumentsDelta: '{"city": ' }),
  call(0, 'a', { argumentsDelta: '"Rome"}' }),
  call(1, 'b', { name: 'now' }),
  call(1, 'b', { argumentsDelta: '{}' }),
];

const turnOutput = [
  {
    id: 'rs_u1_0',
    type: 'reasoning',
    status: 'completed',
    summary: [],
    content: [{ type: 'reasoning_text', text: 'Hm.' }],
  },
  {
    id: 'msg_u1_1',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'See:', annotations: [], logprobs: [] }],
  },
  {
    id: 'fc_u1_2',
    type: 'function_call',
    status: 'completed',
    call_id: 'a',
    name: 'get_weather',
    arguments: '{"city": "Rome"}',
  },
  { id: 'fc_u1_3', type: 'function_call', status: 'completed', call_id: 'b', name: 'now', arguments: '{}' },
];

test('streams thoughts, text and calls as items of their own, one after the other', async () => {
  const seen = await streamed(events(turn, 'tool_calls'));
  assert.deepEqual(
    seen.map(({ type, output_index: index }) => `${type.replace('response.', '')} ${String(index ?? '')}`.trim()),
    [
      'created',
      'in_progress',
      'output_item.added 0',
      'content_part.added 0',
      'reasoning_text.delta 0',
      'reasoning_text.delta 0',
      'reasoning_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
      'content_part.added 1',
      'output_text.delta 1',
      'output_text.done 1',
      'content_part.done 1',
      'output_item.done 1',
      'output_item.added 2',
      'function_call_arguments.delta 2',
      'function_call_arguments.delta 2',
      'function_call_arguments.done 2',
      'output_item.done 2',
      'output_item.added 3',
      'function_call_arguments.delta 3',
      'function_call_arguments.done 3',
      'output_item.done 3',
      'completed',
    ],
  );
  const of = (type: string): object[] =>
    seen.filter((event) => event.type === `response.${type}`).map(({ sequence_number: _, type: __, ...rest }) => rest);
  const thought = { item_id: 'rs_u1_0', output_index: 0, content_index: 0 };
  assert.deepEqual(of('reasoning_text.delta'), [
    { ...thought, delta: 'H' },
    { ...thought, delta: 'm.' },
  ]);
  assert.deepEqual(of('reasoning_text.done'), [{ ...thought, text: 'Hm.' }]);
  assert.deepEqual(of('content_part.added')[0], { ...thought, part: { type: 'reasoning_text', text: '' } });
  assert.deepEqual(of('output_item.added')[2], {
    output_index: 2,
    item: { ...turnOutput[2], status: 'in_progress', arguments: '' },
  });
  assert.deepEqual(of('function_call_arguments.delta')[0], { item_id: 'fc_u1_2', output_index: 2, delta: '{"city": ' });
  assert.deepEqual(of('function_call_arguments.done')[0], {
    item_id: 'fc_u1_2',
    output_index: 2,
    name: 'get_weather',
    arguments: '{"city": "Rome"}',
  });
  assert.deepEqual(
    of('output_item.done'),
    turnOutput.map((item, index) => ({ output_index: index, item })),
  );
  assert.deepEqual(seen.at(-1)?.response, { ...whole, output: turnOutput });
});

const score = (text: string, logprob: number) => ({ id: 1, text, bytes: Buffer.from(text), logprob });

test('the reply, the end of the stream and what is kept are the same response', async () => {
  const logprobs = [{ ...score('x', -Infinity), top: [score('', -1)] }];
  const cases: [readonly GenerateEvent[], object][] = [
    [events(turn, 'tool_calls'), {}],
    [events([say('x', logprobs)], 'stop'), { include: ['message.output_text.logprobs'], top_logprobs: 1 }],
    [events([], 'stop'), {}],
    [events([think('H')], 'length'), { metadata: { a: 'b' } }],
    [events([call(0, 'a', { name: 'now' })], 'length'), {}],
  ];
  for (const [given, fields] of cases) {
    const result = await collectSeen(given);
    const reply = render(dialect, { ...body, ...fields }, result);
    assert.deepEqual((await streamed(given, fields)).at(-1)?.response, reply);
    const kept = parse(dialect, { ...body, ...fields }).keep?.(result, info);
    const { response } = JSON.parse(kept?.text ?? '') as { response: object };
    assert.deepEqual(response, reply);
  }
});

test('log probabilities come with each delta, with its part and with the item', async () => {
  const logprobs = [{ ...score('é', -0.5), top: [score('é', -0.5), { ...score('', -Infinity), text: '<|end|>' }] }];
  const wire = [
    {
      token: 'é',
      logprob: -0.5,
      bytes: [195, 169],
      top_logprobs: [
        { token: 'é', logprob: -0.5, bytes: [195, 169] },
        { token: '<|end|>', logprob: -9999, bytes: [] },
      ],
    },
  ];
  const seen = await streamed(events([say('é', logprobs), say('', logprobs)], 'stop'));
  const of = (type: string): unknown[] => seen.filter((event) => event.type === type).map((event) => event['logprobs']);
  assert.deepEqual(of('response.output_text.delta'), [wire, wire]);
  assert.deepEqual(of('response.output_text.done'), [[...wire, ...wire]]);
  const output = seen.at(-1)?.response?.['output'] as { content: { logprobs: unknown }[] }[];
  assert.deepEqual(output[0]?.content[0]?.logprobs, [...wire, ...wire]);
});

test('an answer that the limit cut off is incomplete, and so is the item that it cut', async () => {
  const seen = await streamed(events([say('Par')], 'length'));
  const last = seen.at(-1);
  assert.equal(last?.type, 'response.incomplete');
  assert.equal(last.response?.['status'], 'incomplete');
  assert.equal(last.response['completed_at'], null);
  assert.deepEqual(last.response['incomplete_details'], { reason: 'max_output_tokens' });
  const [item] = last.response['output'] as { status: string }[];
  assert.equal(item?.status, 'incomplete');
});

test('an answer of nothing is one empty message; a thought that was cut has none', () => {
  const statuses = (choice: GenerateResult['choices'][0]): unknown => {
    const { output } = render(dialect, { input: 'Hi' }, { ...paris, choices: [choice] }) as {
      output: { type: string; status: string }[];
    };
    return output.map(({ type, status }) => `${type} ${status}`);
  };
  assert.deepEqual(statuses({ text: '', finishReason: 'stop' }), ['message completed']);
  assert.deepEqual(statuses({ text: '', reasoning: 'Hm', finishReason: 'stop' }), [
    'reasoning completed',
    'message completed',
  ]);
  assert.deepEqual(statuses({ text: '', reasoning: 'Hm', finishReason: 'length' }), ['reasoning incomplete']);
  assert.deepEqual(statuses({ text: '', finishReason: 'length' }), []);
});

test('a failure after the start is the stream’s last event, with its number', () => {
  const route = generationOf(dialect);
  const frame = (error: InferenceError): unknown => route.errorFrame(error, { body, info, frames: 7 });
  const response = { ...begun, status: 'failed' };
  assert.deepEqual(frame(new InferenceError('model_failed', 'The model failed; try again.')), {
    event: 'response.failed',
    json: {
      type: 'response.failed',
      sequence_number: 7,
      response: { ...response, error: { code: 'server_error', message: 'The model failed; try again.' } },
    },
  });
  const full = frame(new InferenceError('overloaded', 'Too many.')) as { json: { response: { error: object } } };
  assert.deepEqual(full.json.response.error, { code: 'rate_limit_exceeded', message: 'Too many.' });
});
