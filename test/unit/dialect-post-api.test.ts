import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPostApi } from '../../src/dialects/post-api.ts';
import { at } from '../support/at.ts';
import { asSent, parse, refusal, render, requestOf, result, streamText } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createPostApi(dialectSettings);
const names = {
  maxTokens: 'max_new_tokens',
  maxTotalTokens: 'max_length',
  minTokens: 'min_new_tokens',
  n: 'num_return_sequences',
};
const silent = {
  names,
  n: 1,
  silentMaxTokens: 512,
  silentTemperature: 0,
  minTokens: 0,
  ignoreEos: false,
  sampling: {},
  stop: [],
};

test('takes a string as it is, under either key', () => {
  for (const key of ['inputs', 'messages']) {
    assert.deepEqual(requestOf(dialect, { [key]: 'Hi' }), { ...silent, prompt: { kind: 'text', text: 'Hi' } });
  }
});

test('takes a message list under either key, names kept, an assistant first, parts joined', () => {
  const messages = [
    { role: 'assistant', content: 'You are helpful.' },
    {
      name: 'Bob',
      role: 'user',
      content: [
        { type: 'text', text: 'Hi' },
        { type: 'text', text: ' there' },
      ],
    },
  ];
  for (const key of ['inputs', 'messages']) {
    assert.deepEqual(requestOf(dialect, { [key]: messages }).prompt, {
      kind: 'chat',
      messages: [
        { role: 'assistant', content: 'You are helpful.' },
        { role: 'user', content: 'Hi there', name: 'Bob' },
      ],
    });
  }
});

test('takes the prompt under the configured key too', () => {
  const configured = createPostApi({ ...dialectSettings, messagesKey: 'prompt' });
  assert.deepEqual(requestOf(configured, { prompt: 'Hi', inputs: null }).prompt, { kind: 'text', text: 'Hi' });
  assert.deepEqual(requestOf(configured, { inputs: 'Hi' }).prompt, { kind: 'text', text: 'Hi' });
  assert.equal(refusal(configured, { prompt: 5 }).param, 'prompt');
  assert.match(refusal(dialect, { prompt: 'Hi' }).message, /^The prompt is missing; .* under inputs or messages\.$/);
});

test('makes a string one user message where the server says so', () => {
  const chat = createPostApi({ ...dialectSettings, stringPrompt: 'chat' });
  assert.deepEqual(requestOf(chat, { inputs: 'Hi' }).prompt, {
    kind: 'chat',
    messages: [{ role: 'user', content: 'Hi' }],
  });
});

test('translates every generate argument, zeros included', () => {
  const request = requestOf(dialect, {
    inputs: 'Hi',
    model: 'any',
    max_new_tokens: 20,
    max_length: 4096,
    min_new_tokens: 2,
    do_sample: true,
    temperature: 0,
    top_p: 0,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1.2,
    frequency_penalty: 0,
    presence_penalty: -1,
    num_return_sequences: 3,
    stop: ['a', 'b'],
    seed: 0,
  });
  assert.deepEqual(request, {
    names,
    model: 'any',
    prompt: { kind: 'text', text: 'Hi' },
    n: 3,
    maxTokens: 20,
    silentTemperature: 1,
    minTokens: 2,
    ignoreEos: false,
    sampling: {
      temperature: 0,
      topP: 0,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.2,
      frequencyPenalty: 0,
      presencePenalty: -1,
      seed: 0,
    },
    stop: ['a', 'b'],
  });
});

test('counts max_length over prompt and completion, and lets max_new_tokens win', () => {
  const { silentMaxTokens: _, ...rest } = silent;
  const prompt = { kind: 'text', text: 'Hi' };
  assert.deepEqual(requestOf(dialect, { inputs: 'Hi', max_length: 4096 }), { ...rest, prompt, maxTotalTokens: 4096 });
  const both = requestOf(dialect, { inputs: 'Hi', max_length: 4096, max_new_tokens: 9 });
  assert.deepEqual(both, { ...rest, prompt, maxTokens: 9 });
});

test('is greedy with do_sample false, samples with a temperature, and says what silence means', () => {
  const cases = [
    [{}, {}, 0],
    [{ do_sample: false }, { temperature: 0 }, 0],
    [{ do_sample: false, temperature: 0.7 }, { temperature: 0 }, 0],
    [{ do_sample: true }, {}, 1],
    [{ temperature: 0.5 }, { temperature: 0.5 }, 0],
    [{ temperature: null, do_sample: null }, {}, 0],
  ] as const;
  for (const [given, sampling, silentTemperature] of cases) {
    const request = requestOf(dialect, { inputs: 'Hi', ...given });
    assert.deepEqual(request.sampling, sampling, JSON.stringify(given));
    assert.equal(request.silentTemperature, silentTemperature, JSON.stringify(given));
  }
});

test('makes any integer seed an unsigned 32-bit one', () => {
  const seedOf = (seed: number) => requestOf(dialect, { inputs: 'Hi', seed }).sampling?.seed;
  assert.deepEqual([-1, 2 ** 32 + 5, 7].map(seedOf), [4294967295, 5, 7]);
});

test('takes one stop string or a list, under both names', () => {
  assert.deepEqual(requestOf(dialect, { inputs: 'Hi', stop: 'a' }).stop, ['a']);
  assert.deepEqual(requestOf(dialect, { inputs: 'Hi', stop_strings: ['a'], stop: null }).stop, ['a']);
  assert.deepEqual(requestOf(dialect, { inputs: 'Hi', stop_strings: [] }).stop, []);
  assert.equal(refusal(dialect, { inputs: 'Hi', stop: 'a', stop_strings: 'b' }).param, 'stop_strings');
});

test('takes a dumped GenerationConfig whose values change nothing, and nulls as absent', () => {
  const neutral = {
    num_beams: 1,
    num_beam_groups: 1,
    early_stopping: false,
    length_penalty: 1.0,
    no_repeat_ngram_size: 0,
    min_length: 0,
    typical_p: 1.0,
    use_cache: true,
    return_full_text: false,
    eos_token_id: null,
    pad_token_id: null,
    bad_words_ids: null,
    suppress_tokens: [],
    max_length: null,
    temperature: null,
    stop: null,
    stream: null,
  };
  const parsed = parse(dialect, { inputs: 'Hi', ...neutral });
  assert.deepEqual(asSent(parsed.request), { ...silent, prompt: { kind: 'text', text: 'Hi' } });
  assert.deepEqual([parsed.stream, parsed.ignored], [false, []]);
});

test('leaves unknown arguments out with their names where the server only warns', () => {
  const warn = createPostApi({ ...dialectSettings, unknownFields: 'warn' });
  const messages = [{ role: 'user', content: 'Hi', url: 'x' }];
  assert.deepEqual(parse(warn, { messages, mirostat: 2 }).ignored, ['mirostat', 'messages[0].url']);
});

test('renders the reply that serves every AgentScope wrapper, with true counts', () => {
  const counts = { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 };
  const reply = render(dialect, { inputs: 'Hi' });
  const timestamp = at(reply, 'timestamp');
  assert.ok(typeof timestamp === 'string');
  assert.deepEqual(reply, {
    timestamp,
    response: 'Paris',
    n_token_response: 4,
    n_token_prompt: 5,
    data: {
      completion_tokens: 4,
      messages: {},
      prompt_tokens: 5,
      response: {
        choices: [
          { message: { role: 'assistant', content: 'Paris' }, finish_reason: 'stop', index: 0 },
          { message: { role: 'assistant', content: 'Lyon' }, finish_reason: 'length', index: 1 },
        ],
        created: 1_700_000_000,
        id: 'r1',
        model: 'fake',
        object: 'text_completion',
        usage: counts,
      },
      total_tokens: 9,
      username: '',
    },
  });
  assert.match(timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.equal(new Date(timestamp.replace(' ', 'T')).getTime(), 1_700_000_000_000);
});

test('streams each piece, the whole reply, and [DONE]', async () => {
  const body = { inputs: 'Hi', stream: true, num_return_sequences: 2 };
  const choices = [
    { text: 'Paris', finishReason: 'stop' },
    { text: 'Ly\non', finishReason: 'length' },
  ] as const;
  const reply = render(dialect, body, { ...result, choices: [...choices] });
  assert.equal(
    await streamText(dialect, body),
    'data: {"response":"Par","index":0}\n\n' +
      'data: {"response":"Ly\\n","index":1}\n\n' +
      'data: {"response":"is","index":0}\n\n' +
      'data: {"response":"on","index":1}\n\n' +
      `data: ${JSON.stringify(reply)}\n\n` +
      'data: [DONE]\n\n',
  );
});
