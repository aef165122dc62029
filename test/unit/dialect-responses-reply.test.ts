import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { GenerateEvent, GenerateResult } from '../../src/contract/generate.ts';
import { collectSeen } from '../../src/dialects/seen.ts';
import { generationOf, info, parse, render } from '../support/dialect.ts';
import {
  begun,
  call,
  events,
  paris,
  responses,
  say,
  streamed,
  streamingBody,
  think,
  whole,
} from '../support/responses.ts';

test('a reply has every field that clients read', () => {
  assert.deepEqual(render(responses, { input: 'Hi' }, paris), whole);
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
  assert.deepEqual(render(responses, { input: 'Hi', ...asked, tools: [tool] }, paris), { ...whole, ...echo, tools });
  const route = generationOf(responses);
  const defaults = { temperature: 0.5, topP: 0.9, presencePenalty: undefined };
  const reply = route.render(paris, { input: 'Hi' }, { ...info, defaults });
  assert.deepEqual(reply, { ...whole, temperature: 0.5, top_p: 0.9 });
});

const score = (text: string, logprob: number) => ({ id: 1, text, bytes: Buffer.from(text), logprob });

test('the reply, the end of the stream and what is kept are the same response', async () => {
  const logprobs = [{ ...score('x', -Infinity), top: [score('', -1)] }];
  const cases: [readonly GenerateEvent[], object][] = [
    [events([think('Hm.'), say('x'), call(0, 'a', { name: 'now', argumentsDelta: '{}' })], 'tool_calls'), {}],
    [events([say('x', logprobs)], 'stop'), { include: ['message.output_text.logprobs'], top_logprobs: 1 }],
    [events([], 'stop'), {}],
    [events([think('H')], 'length'), { metadata: { a: 'b' } }],
    [events([call(0, 'a', { name: 'now' })], 'length'), {}],
  ];
  for (const [given, fields] of cases) {
    const result = await collectSeen(given);
    const reply = render(responses, { ...streamingBody, ...fields }, result);
    assert.deepEqual((await streamed(given, fields)).at(-1)?.response, reply);
    const kept = parse(responses, { ...streamingBody, ...fields }).keep?.(result, info);
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
    const { output } = render(responses, { input: 'Hi' }, { ...paris, choices: [choice] }) as {
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
  const route = generationOf(responses);
  const frame = (error: InferenceError): unknown => route.errorFrame(error, { body: streamingBody, info, frames: 7 });
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
