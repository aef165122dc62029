import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, parse, refusal, render, requestOf, result, streamText, wireTimings } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = at(createOpenai(dialectSettings), '/v1/completions');
const prompt = { kind: 'text', text: 'Once' };
const names = {
  maxTokens: 'max_tokens',
  maxTotalTokens: 'max_tokens',
  minTokens: 'min_tokens',
  n: 'n',
  prompt: 'prompt',
  suffix: 'suffix',
  logitBias: 'logit_bias',
};
const silent = {
  prompt,
  n: 1,
  silentMaxTokens: 16,
  silentTemperature: 1,
  minTokens: 0,
  ignoreEos: false,
  sampling: {},
  stop: [],
  names,
};

test('takes the least, with 16 tokens as OpenAI does', () => {
  assert.deepEqual(requestOf(dialect, { prompt: 'Once' }), silent);
  assert.equal(parse(dialect, { prompt: 'Once' }).stream, false);
});

test('takes a string, strings, token ids and lists of them as prompts', () => {
  const of = (given: unknown) => {
    const { prompt: first, morePrompts } = requestOf(dialect, { prompt: given });
    return [first, ...(morePrompts ?? [])];
  };
  assert.deepEqual(of(''), [{ kind: 'text', text: '' }]);
  assert.deepEqual(of(['a', 'b']), [
    { kind: 'text', text: 'a' },
    { kind: 'text', text: 'b' },
  ]);
  assert.deepEqual(of([0, 7]), [{ kind: 'tokens', items: [0, 7] }]);
  assert.deepEqual(of([[1], [2, 3]]), [
    { kind: 'tokens', items: [1] },
    { kind: 'tokens', items: [2, 3] },
  ]);
  assert.deepEqual(of(['a', [2]]), [
    { kind: 'text', text: 'a' },
    { kind: 'tokens', items: [2] },
  ]);
});

test('translates every parameter and extension, zeros included', () => {
  const request = requestOf(dialect, {
    prompt: 'Once',
    model: 'gpt-3.5-turbo-instruct',
    max_tokens: 9,
    echo: true,
    best_of: 2,
    n: 2,
    temperature: 0,
    top_p: 0,
    stop: ['x', 'y'],
    seed: 0,
    frequency_penalty: 0,
    presence_penalty: -2,
    top_k: -1,
    min_p: 0,
    repetition_penalty: 1.1,
    ignore_eos: true,
    min_tokens: 3,
    logit_bias: { 5: -100, 6: 1 },
    cache_prompt: false,
    user: 'me',
  });
  assert.deepEqual(request, {
    ...silent,
    model: 'gpt-3.5-turbo-instruct',
    n: 2,
    echo: true,
    maxTokens: 9,
    minTokens: 3,
    ignoreEos: true,
    reuse: false,
    sampling: {
      temperature: 0,
      topP: 0,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.1,
      frequencyPenalty: 0,
      presencePenalty: -2,
      seed: 0,
    },
    stop: ['x', 'y'],
    logitBias: [
      { token: 5, bias: -Infinity },
      { token: 6, bias: 1 },
    ],
  });
  assert.equal(requestOf(dialect, { prompt: 'a', logprobs: 0 }).logprobs, 0);
  assert.equal(requestOf(dialect, { prompt: 'a', logprobs: 5 }).logprobs, 5);
  assert.equal(requestOf(dialect, { prompt: 'a', max_tokens: 0, echo: true }).maxTokens, 0);
});

test('a suffix asks for an infill of each string; an empty one changes nothing', () => {
  const { prompt: first, morePrompts } = requestOf(dialect, { prompt: ['a', 'b'], suffix: 'z' });
  assert.deepEqual(first, { kind: 'infill', prefix: 'a', suffix: 'z', extra: [] });
  assert.deepEqual(morePrompts, [{ kind: 'infill', prefix: 'b', suffix: 'z', extra: [] }]);
  assert.deepEqual(requestOf(dialect, { prompt: 'Once', suffix: '' }), silent);
});

test('refuses what is wrong or contradicts itself, by the name of the field', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ prompt: undefined }, 'prompt'],
    [{ prompt: null }, 'prompt'],
    [{ prompt: 5 }, 'prompt'],
    [{ prompt: { text: 'a' } }, 'prompt'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: [[]] }, 'prompt[0]'],
    [{ prompt: ['a', 5] }, 'prompt[0]'],
    [{ prompt: [1, -1] }, 'prompt[1]'],
    [{ prompt: [1, 1.5] }, 'prompt[1]'],
    [{ prompt: [1, null] }, 'prompt[1]'],
    [{ prompt: ['a', null] }, 'prompt[1]'],
    [{ prompt: [[1], [2, 'a']] }, 'prompt[1][1]'],
    [{ prompt: ['a', { prompt_string: 'b' }] }, 'prompt[1]'],
    [{ suffix: 5 }, 'suffix'],
    [{ prompt: [1, 2], suffix: 'z' }, 'suffix'],
    [{ max_tokens: -1 }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: '5' }, 'max_tokens'],
    [{ echo: 'yes' }, 'echo'],
    [{ echo: true, logprobs: 0 }, 'logprobs'],
    [{ logprobs: 6 }, 'logprobs'],
    [{ logprobs: true }, 'logprobs'],
    [{ best_of: 2 }, 'best_of'],
    [{ best_of: 0 }, 'best_of'],
    [{ n: 0 }, 'n'],
    [{ n: 129 }, 'n'],
    [{ temperature: 3 }, 'temperature'],
    [{ top_p: -1 }, 'top_p'],
    [{ top_k: -2 }, 'top_k'],
    [{ min_p: 2 }, 'min_p'],
    [{ stop: [''] }, 'stop[0]'],
    [{ stop: Array(17).fill('a') }, 'stop'],
    [{ seed: 1.5 }, 'seed'],
    [{ frequency_penalty: 3 }, 'frequency_penalty'],
    [{ presence_penalty: 'a' }, 'presence_penalty'],
    [{ repetition_penalty: 0 }, 'repetition_penalty'],
    [{ ignore_eos: 1 }, 'ignore_eos'],
    [{ max_tokens: 5, min_tokens: 6 }, 'min_tokens'],
    [{ logit_bias: [1] }, 'logit_bias'],
    [{ logit_bias: { 5: 101 } }, 'logit_bias.5'],
    [{ logit_bias: { 5: null } }, 'logit_bias.5'],
    [{ logit_bias: { '-5': 1 } }, 'logit_bias.-5'],
    [{ logit_bias: Object.fromEntries(Array.from({ length: 10_001 }, (_, id) => [id, 1])) }, 'logit_bias'],
    [{ cache_prompt: 'no' }, 'cache_prompt'],
    [{ store: true }, 'store'],
    [{ model: 5 }, 'model'],
    [{ stream: 1 }, 'stream'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ max_token: 5 }, 'max_token'],
  ];
  for (const [fields, param] of cases) {
    const error = refusal(dialect, { prompt: 'Once', ...fields });
    assert.equal(error.code, 'invalid_request');
    assert.equal(error.param, param, error.message);
    assert.ok(error.message.includes(param), error.message);
  }
  assert.equal(
    refusal(dialect, { prompt: [1, 'a'] }).message,
    'prompt[1] must be a token id (an integer from 0), got "a".',
  );
});

test('ignores unknown fields by name unless told to refuse', () => {
  const body = { prompt: 'a', mirostat: 2, stream: true, stream_options: { colour: 1 } };
  assert.deepEqual(parse(dialect, body).ignored, ['mirostat', 'stream_options.colour']);
  const strict = at(createOpenai({ ...dialectSettings, unknownFields: 'refuse' }), '/v1/completions');
  assert.equal(refusal(strict, body).param, 'mirostat');
});

test('judges 300,000 token ids, good or bad, in a moment', () => {
  const ids: unknown[] = Array.from({ length: 300_000 }, (_, index) => index % 1000);
  const began = performance.now();
  requestOf(dialect, { prompt: ids });
  assert.equal(refusal(dialect, { prompt: [...ids, 'x'] }).param, 'prompt[300000]');
  const ms = performance.now() - began;
  assert.ok(ms < 500, `${ms} ms`);
});

const common = {
  id: 'cmpl-r1',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'fake',
  system_fingerprint: 'fp_hearth',
};
const usage = {
  prompt_tokens: 5,
  completion_tokens: result.usage.completionTokens,
  total_tokens: 9,
  prompt_tokens_details: { cached_tokens: 3 },
};

test('renders the completion', () => {
  assert.deepEqual(render(dialect, { prompt: 'Once', n: 2 }), {
    ...common,
    choices: [
      { text: 'Paris', index: 0, logprobs: null, finish_reason: 'stop' },
      { text: 'Lyon', index: 1, logprobs: null, finish_reason: 'length' },
    ],
    usage,
    timings: wireTimings,
  });
});

const piece = (index: number, text: string, reason: string | null = null) => ({
  ...common,
  choices: [{ text, index, logprobs: null, finish_reason: reason }],
});
const chunks = [
  piece(0, 'Par'),
  piece(1, 'Ly\n'),
  piece(0, 'is'),
  piece(0, '', 'stop'),
  piece(1, 'on'),
  piece(1, '', 'length'),
];
const sent = (frames: readonly object[]): string =>
  `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`;

test('streams pieces, finish reasons, the timings on the last chunk, and [DONE]', async () => {
  const expected = chunks.map((chunk, index) => (index < 5 ? chunk : { ...chunk, timings: wireTimings }));
  assert.equal(await streamText(dialect, { prompt: 'Once', n: 2, stream: true }), sent(expected));
});

test('streams the usage in a chunk of its own, and null on all others, when asked', async () => {
  const options = { stream: true, stream_options: { include_usage: true } };
  const expected = [
    ...chunks.map((chunk) => ({ ...chunk, usage: null })),
    { ...common, choices: [], usage, timings: wireTimings },
  ];
  assert.equal(await streamText(dialect, { prompt: 'Once', n: 2, ...options }), sent(expected));
});
