import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { asSent, at, parse, requestOf } from '../support/dialect.ts';
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
