import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { createPostApi } from '../../src/dialects/post-api.ts';
import { refusal } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const postApi = createPostApi(dialectSettings);
const openai = createOpenai(dialectSettings);
const user = { role: 'user', content: 'Hi' };

// fields beside a good prompt, and the sentence that both dialects answer
const both: [fields: Record<string, unknown>, sentence: string][] = [
  [{ messages: [] }, 'messages must be a list of at least one message, got an empty list.'],
  [{ messages: [{ role: 'user' }] }, 'messages[0].content must be a string or a list of text parts, got nothing.'],
  [
    { messages: [user, { role: 'user', content: 5 }] },
    'messages[1].content must be a string or a list of text parts, got 5.',
  ],
  [
    { messages: [{ role: 'user', content: null }] },
    'messages[0].content must be a string or a list of text parts, got null.',
  ],
  [
    { messages: [{ role: 'user', content: [] }] },
    'messages[0].content must be a string or a list of text parts, got an empty list.',
  ],
  [
    { messages: [{ role: 'robot', content: 'Hi' }] },
    'messages[0].role must be system, developer, user, assistant or tool, got "robot".',
  ],
  [{ messages: ['Hi'] }, 'messages[0] must be an object with role and content, got "Hi".'],
  [{ messages: [{ ...user, contents: 1 }] }, 'messages[0].contents is not known; did you mean content?'],
  [
    { messages: [{ ...user, tool_calls: [{}] }] },
    'messages[0].tool_calls[0].id must be a string that is not empty, got nothing.',
  ],
  [{ temperature: -1 }, 'temperature must be a number ≥ 0, got -1; use 0 for greedy decoding.'],
  [{ temperature: '1' }, 'temperature must be a number ≥ 0, got "1"; use 0 for greedy decoding.'],
  [{ top_p: 2 }, 'top_p must be a number from 0 to 1, got 2; use 1 to keep all tokens.'],
  [{ top_k: 1.5 }, 'top_k must be an integer ≥ 0, got 1.5; use 0 to keep all tokens.'],
  [{ min_p: -0.1 }, 'min_p must be a number from 0 to 1, got -0.1; use 0 to keep all tokens.'],
  [{ repetition_penalty: 0 }, 'repetition_penalty must be a number from 0.01 to 100, got 0; use 1 for no penalty.'],
  [{ seed: 1.5 }, 'seed must be an integer, got 1.5.'],
  [{ seed: '1' }, 'seed must be an integer, got "1".'],
  [{ stop: '' }, 'stop must be a string that is not empty, got "".'],
  [{ stop: ['a', ''] }, 'stop[1] must be a string that is not empty, got "".'],
  [{ stop: Array(17).fill('a') }, 'stop must be a string or a list of up to 16 strings, got a list.'],
  [{ stop: 5 }, 'stop must be a string or a list of up to 16 strings, got 5.'],
  [{ stream: 'yes' }, 'stream must be true or false, got "yes".'],
  [{ model: 5 }, 'model must be a string, got 5.'],
  [{ temperatur: 1 }, 'temperatur is not known; did you mean temperature?'],
  [{ topP: 1 }, 'topP is not known; did you mean top_p?'],
];

test('answers the same mistake with the same sentence on /llm/ and on /v1', () => {
  for (const [fields, sentence] of both) {
    const body = { messages: [user], ...fields };
    // OpenAI's own bounds
    const onV1 = sentence
      .replace('temperature must be a number ≥ 0', 'temperature must be a number from 0 to 2')
      .replace('an integer ≥ 0', 'an integer ≥ -1');

    assert.equal(refusal(openai, body).message, onV1);
    assert.equal(refusal(postApi, body).message, sentence);
    for (const error of [refusal(openai, body), refusal(postApi, body)]) {
      assert.equal(error.code, 'invalid_request');
      assert.ok(error.param !== undefined && error.message.startsWith(error.param), error.message);
    }
  }
});

test('refuses bodies that are no objects', () => {
  const cases: [unknown, string][] = [
    [[], 'an empty list'],
    [[1], 'a list'],
    [null, 'null'],
    ['x', '"x"'],
    [undefined, 'nothing'],
  ];
  for (const [body, shown] of cases) {
    for (const dialect of [openai, postApi]) {
      assert.equal(refusal(dialect, body).message, `The body must be a JSON object, got ${shown}.`);
    }
  }
});

test('refuses on /llm/ what has no meaning there, by name', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ inputs: '' }, 'inputs must be a string that is not empty, or a list of at least one message, got "".'],
    [{ inputs: 5 }, 'inputs must be a string that is not empty, or a list of at least one message, got 5.'],
    [{}, 'The prompt is missing; give a string or a list of messages under inputs or messages.'],
    [{ inputs: null }, 'The prompt is missing; give a string or a list of messages under inputs or messages.'],
    [{ inputs: 'Hi', messages: 'Hi' }, 'inputs and messages both hold a prompt; give one of them.'],
    [{ inputs: 'Hi', max_new_tokens: -5 }, 'max_new_tokens must be an integer ≥ 1, got -5.'],
    [{ inputs: 'Hi', max_new_tokens: '5' }, 'max_new_tokens must be an integer ≥ 1, got "5".'],
    [{ inputs: 'Hi', max_length: 0 }, 'max_length must be an integer ≥ 1, got 0.'],
    [
      { inputs: 'Hi', max_new_tokens: 5, min_new_tokens: 6 },
      'min_new_tokens must be at most max_new_tokens (5), got 6.',
    ],
    [{ inputs: 'Hi', num_beams: 4 }, 'num_beams must be 1, got 4; there is no beam search here, so leave it out.'],
    [
      { inputs: 'Hi', min_length: 9 },
      'min_length must be 0, got 9; it would count the prompt (use min_new_tokens), so leave it out.',
    ],
    [
      { inputs: 'Hi', eos_token_id: 2 },
      "eos_token_id must be null, got 2; the model's own end-of-sequence tokens are used, so leave it out.",
    ],
    [{ inputs: 'Hi', num_return_sequences: 0 }, 'num_return_sequences must be an integer from 1 to 128, got 0.'],
    [
      { inputs: 'Hi', return_full_text: true },
      'return_full_text must be false, got true; the prompt is never part of the reply, so leave it out.',
    ],
    [{ inputs: 'Hi', do_sample: 'no' }, 'do_sample must be true or false, got "no".'],
    [{ inputs: 'Hi', max_tokens: 5 }, 'max_tokens is not known; did you mean max_new_tokens?'],
    [{ inputs: 'Hi', mirostat: 2 }, 'mirostat is not known; remove it.'],
    [{ inputs: 'Hi', ['x'.repeat(70)]: 2 }, `${'x'.repeat(64)}… is not known; remove it.`],
  ];
  for (const [body, sentence] of cases) assert.equal(refusal(postApi, body).message, sentence);
});

test('quotes long values short', () => {
  const error = refusal(openai, { messages: [user], temperature: 'x'.repeat(10_000) });
  assert.ok(error.message.length < 200, error.message);
});

test('refuses a flood of unknown fields, and names that live on prototypes', () => {
  const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
  assert.equal(
    refusal(openai, { messages: [user], ...flood }).message,
    'The body has 5000 unknown fields; remove them.',
  );
  assert.equal(refusal(postApi, { inputs: 'Hi', constructor: 1 }).param, 'constructor');
});
