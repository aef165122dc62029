import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { asSent, parse, refusal, render, requestOf, result, wireTimings as timings } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const messages = [{ role: 'user', content: 'Hi' }];
const prompt = { kind: 'chat', messages };
const names = {
  maxTokens: 'max_tokens',
  maxTotalTokens: 'max_tokens',
  minTokens: 'min_tokens',
  n: 'n',
  logitBias: 'logit_bias',
};
const silent = {
  n: 1,
  silentTemperature: 1,
  minTokens: 0,
  ignoreEos: false,
  sampling: {},
  stop: [],
  prompt,
  splitReasoning: true,
  names,
};

test('takes the least', () => {
  assert.deepEqual(requestOf(dialect, { messages }), silent);
  assert.equal(parse(dialect, { messages }).stream, false);
});

test('takes every role, parts, and what an assistant thought and called', () => {
  const given = [
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'user',
      name: 'bob',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
    {
      role: 'assistant',
      content: '',
      refusal: null,
      annotations: [],
      audio: null,
      function_call: null,
      tool_calls: [],
    },
    {
      role: 'assistant',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'sum', arguments: '{"a": 1}' } }],
    },
    { role: 'tool', content: '42', tool_call_id: 'call_1' },
  ];
  assert.deepEqual(requestOf(dialect, { messages: given }).prompt, {
    kind: 'chat',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'ab', name: 'bob' },
      { role: 'assistant', content: '' },
      {
        role: 'assistant',
        content: '',
        reasoning: 'Hm.',
        toolCalls: [{ id: 'call_1', name: 'sum', arguments: '{"a": 1}' }],
      },
      { role: 'tool', content: '42', toolCallId: 'call_1' },
    ],
  });
});

test('translates every parameter and extension, zeros included', () => {
  const request = requestOf(dialect, {
    messages,
    model: 'gpt-4',
    max_completion_tokens: 9,
    max_tokens: 9,
    temperature: 0,
    top_p: 0,
    n: 2,
    stop: 'x',
    seed: -1,
    stream: true,
    stream_options: { include_usage: true },
    frequency_penalty: 0,
    presence_penalty: 2,
    top_k: -1,
    min_p: 0,
    repetition_penalty: 1.1,
    ignore_eos: true,
    min_tokens: 3,
    logit_bias: { 7: -100, 8: 0, 9: 2.5 },
    cache_prompt: false,
  });
  assert.deepEqual(request, {
    ...silent,
    model: 'gpt-4',
    n: 2,
    maxTokens: 9,
    minTokens: 3,
    ignoreEos: true,
    sampling: {
      temperature: 0,
      topP: 0,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.1,
      frequencyPenalty: 0,
      presencePenalty: 2,
      seed: 4294967295,
    },
    names: { ...names, maxTokens: 'max_completion_tokens' },
    stop: ['x'],
    logitBias: [
      { token: 7, bias: -Infinity },
      { token: 8, bias: 0 },
      { token: 9, bias: 2.5 },
    ],
    reuse: false,
  });
});

test('takes what cannot change the text, and what agents always send', () => {
  const parsed = parse(dialect, {
    messages,
    user: 'me',
    metadata: { a: 'b' },
    store: false,
    service_tier: 'auto',
    tools: [],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    logprobs: false,
    top_logprobs: null,
    logit_bias: {},
    response_format: { type: 'text' },
    modalities: ['text'],
    audio: null,
    stop: null,
    stream_options: null,
    temperature: null,
  });
  assert.deepEqual(asSent(parsed.request), silent);
  assert.deepEqual(parsed.ignored, []);
});

test('refuses by name what would change the text and cannot be done', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ function_call: { name: 'f' } }, 'function_call'],
    [{ logprobs: 5 }, 'logprobs'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ logprobs: false, top_logprobs: 1 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ logit_bias: { 50256: -101 } }, 'logit_bias.50256'],
    [{ logit_bias: { Paris: 1 } }, 'logit_bias.Paris'],
    [{ logit_bias: [[1, 2]] }, 'logit_bias'],
    [{ cache_prompt: 1 }, 'cache_prompt'],
    [{ modalities: ['text', 'audio'] }, 'modalities[1]'],
    [{ audio: { voice: 'x' } }, 'audio'],
    [{ store: true }, 'store'],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 'max_completion_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ min_tokens: 6, max_tokens: 5 }, 'min_tokens'],
    [{ temperature: 2.5 }, 'temperature'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ stream: true, stream_options: { includ_usage: true } }, 'stream_options.includ_usage'],
  ];
  for (const [fields, param] of cases) {
    const error = refusal(dialect, { messages, ...fields });
    assert.equal(error.param, param);
    assert.ok(error.message.includes(param), error.message);
  }
});

test('names the unsupported part of a message', () => {
  const error = refusal(dialect, {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image_url', image_url: { url: 'x' } },
        ],
      },
    ],
  });
  assert.equal(
    error.message,
    'messages[0].content[1].type must be "text", got "image_url"; this model reads text only.',
  );
  assert.equal(error.param, 'messages[0].content[1].type');
});

test('ignores unknown fields by name unless told to refuse, and always refuses near-misses', () => {
  const body = { messages: [{ ...messages[0], reasoning_details: 'x' }], mirostat: 2 };
  assert.deepEqual(parse(dialect, body).ignored, ['mirostat', 'messages[0].reasoning_details']);
  assert.equal(refusal(createOpenai({ ...dialectSettings, unknownFields: 'refuse' }), body).param, 'mirostat');
  const near = refusal(dialect, { messages, max_token: 5 });
  assert.equal(near.message, 'max_token is not known; did you mean max_tokens?');
});

test('renders the completion', () => {
  assert.deepEqual(render(dialect, { messages }), {
    id: 'chatcmpl-r1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'fake',
    system_fingerprint: 'fp_hearth',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Paris', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
      {
        index: 1,
        message: { role: 'assistant', content: 'Lyon', refusal: null },
        logprobs: null,
        finish_reason: 'length',
      },
    ],
    usage: {
      prompt_tokens: 5,
      completion_tokens: result.usage.completionTokens,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 3 },
    },
    timings,
  });
});
