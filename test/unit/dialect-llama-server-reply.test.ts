import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Choice, GenerateEvent } from '../../src/contract/generate.ts';
import { createLlamaServer } from '../../src/dialects/llama-server/index.ts';
import { at, generationOf, info, render, result, streamText, wireTimings } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const whole = createLlamaServer(dialectSettings);
const dialect = at(whole, '/completion');

const last = {
  stop: true,
  model: 'fake',
  tokens_predicted: 4,
  tokens_evaluated: 5,
  tokens_cached: 3,
  has_new_line: false,
  truncated: false,
};
const eos = { stop_type: 'eos', stopping_word: '', timings: wireTimings };

test('renders one completion as an object, several as a list', () => {
  const first = { index: 0, content: 'Paris', tokens: [], ...last, ...eos };
  const second = { index: 1, content: 'Lyon', tokens: [], ...last, ...eos, stop_type: 'limit' };
  assert.deepEqual(render(dialect, { prompt: 'a' }), [first, second]);
  const [choice] = result.choices;
  assert.ok(choice);
  assert.deepEqual(render(dialect, { prompt: 'a' }, { ...result, choices: [choice] }), first);
});

test('tells the stop string, the token ids, and what each completion took by itself', () => {
  const share = {
    usage: { promptTokens: 2, completionTokens: 1, cachedTokens: 0 },
    timings: { queueMs: 0, firstTokenMs: 4, totalMs: 4 },
  };
  const choice: Choice = { text: 'a\n', finishReason: 'stop', stopString: 'END', ids: [7, 8], share };
  assert.deepEqual(render(dialect, { prompt: 'a' }, { ...result, choices: [choice] }), {
    index: 0,
    content: 'a\n',
    tokens: [7, 8],
    ...last,
    tokens_predicted: 1,
    tokens_evaluated: 2,
    tokens_cached: 0,
    has_new_line: true,
    stop_type: 'word',
    stopping_word: 'END',
    timings: {
      cache_n: 0,
      prompt_n: 2,
      prompt_ms: 4,
      prompt_per_token_ms: 2,
      prompt_per_second: 500,
      predicted_n: 1,
      predicted_ms: 0,
      predicted_per_token_ms: 0,
      predicted_per_second: 0,
    },
  });
});

test('lists probabilities with ids, the impossible as the lowest float', () => {
  const score = { id: 5, text: 'a', bytes: Uint8Array.of(97), logprob: -0.5 };
  const never = { id: 2, text: '<|im_end|>', bytes: new Uint8Array(), logprob: -Infinity };
  const choice: Choice = { text: 'a', finishReason: 'stop', logprobs: [{ ...score, top: [score, never] }] };
  const reply = render(dialect, { prompt: 'a', n_probs: 2 }, { ...result, choices: [choice] });
  const wire = { id: 5, token: 'a', bytes: [97], logprob: -0.5 };
  assert.deepEqual((reply as { completion_probabilities: unknown }).completion_probabilities, [
    { ...wire, top_logprobs: [wire, { id: 2, token: '<|im_end|>', bytes: [], logprob: -3.4028234663852886e38 }] },
  ]);
});

test('response_fields picks fields, brings deep ones up and leaves out what is not there', () => {
  const [choice] = result.choices;
  assert.ok(choice);
  const body = {
    prompt: 'a',
    response_fields: ['content', 'timings/prompt_n', 'nothing', 'content/length', '__proto__'],
  };
  assert.deepEqual(render(dialect, body, { ...result, choices: [choice] }), {
    content: 'Paris',
    'timings/prompt_n': 2,
  });
});

test('streams pieces and one last frame for each completion, without [DONE]', async () => {
  const frames = [
    { index: 0, content: 'Par', tokens: [], stop: false, tokens_predicted: 0 },
    { index: 1, content: 'Ly\n', tokens: [], stop: false, tokens_predicted: 0 },
    { index: 0, content: 'is', tokens: [], stop: false, tokens_predicted: 0 },
    { index: 1, content: 'on', tokens: [], stop: false, tokens_predicted: 0 },
    { index: 0, content: '', tokens: [], ...last, ...eos },
    { index: 1, content: '', tokens: [], ...last, has_new_line: true, ...eos, stop_type: 'limit' },
  ];
  const text = await streamText(dialect, { prompt: 'a', n_cmpl: 2, stream: true });
  assert.equal(text, frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(''));
});

test('a stream tells the ids with the text that follows them, the rest at the end, at once where its share is known', async () => {
  const share = { usage: result.usage, timings: result.timings };
  const events: GenerateEvent[] = [
    { type: 'delta', index: 0, text: 'ab', ids: [1, 2] },
    { type: 'finish', index: 0, reason: 'stop', ids: [3], share },
  ];
  async function* replay(): AsyncGenerator<GenerateEvent> {
    yield* events;
  }
  const frames = [];
  for await (const frame of generationOf(dialect).frames(replay(), { prompt: 'a', stream: true }, info)) {
    frames.push(frame);
  }
  assert.deepEqual(frames, [
    { json: { index: 0, content: 'ab', tokens: [1, 2], stop: false, tokens_predicted: 2 } },
    { json: { index: 0, content: '', tokens: [3], ...last, ...eos } },
  ]);
});

test('writes errors with the status as code', () => {
  const cases = [
    ['invalid_request', 400, 'invalid_request_error'],
    ['context_exceeded', 400, 'exceed_context_size_error'],
    ['unauthorized', 401, 'authentication_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['loading', 503, 'unavailable_error'],
    ['unsupported', 501, 'not_supported_error'],
    ['internal', 500, 'server_error'],
  ] as const;
  for (const [code, status, type] of cases) {
    const body = { error: { code: status, message: 'No.', type, param: 'prompt' } };
    assert.deepEqual(whole.error(new InferenceError(code, 'No.', { param: 'prompt' })), { status, body });
  }
  const frame = generationOf(dialect).errorFrame(new InferenceError('model_failed', 'It failed.'), {
    body: {},
    info,
    frames: 1,
  });
  assert.deepEqual(frame, {
    json: { error: { code: 503, message: 'It failed.', type: 'unavailable_error', param: null } },
  });
});
