import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { createHostedInference } from '../../src/dialects/hosted-inference.ts';
import { parse, refusal, render, requestOf } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createHostedInference(dialectSettings);

test('takes the model from the path and the arguments from parameters', () => {
  const body = {
    inputs: 'Hi',
    parameters: { max_new_tokens: 5, temperature: 0.5, top_k: 3, do_sample: true, stop: ['x'], seed: 1 },
    options: { use_cache: false, wait_for_model: true },
  };
  assert.deepEqual(requestOf(dialect, body, { owner: 'openai-community', name: 'gpt2' }), {
    model: 'openai-community/gpt2',
    prompt: { kind: 'text', text: 'Hi' },
    n: 1,
    maxTokens: 5,
    silentTemperature: 1,
    minTokens: 0,
    ignoreEos: false,
    sampling: { temperature: 0.5, topK: 3, seed: 1 },
    stop: ['x'],
    names: {
      maxTokens: 'parameters.max_new_tokens',
      maxTotalTokens: 'parameters.max_length',
      minTokens: 'parameters.min_new_tokens',
      n: 'parameters.num_return_sequences',
    },
  });
  assert.equal(requestOf(dialect, { inputs: 'Hi', parameters: null, options: null }, { id: 'gpt2' }).model, 'gpt2');
});

test('puts the prompt in front of each text unless return_full_text is false', () => {
  assert.deepEqual(render(dialect, { inputs: 'To: ' }), [
    { generated_text: 'To: Paris' },
    { generated_text: 'To: Lyon' },
  ]);
  const body = { inputs: 'To: ', parameters: { return_full_text: false } };
  assert.deepEqual(render(dialect, body), [{ generated_text: 'Paris' }, { generated_text: 'Lyon' }]);
});

test('refuses what it cannot honour by its full name', () => {
  const cases: [unknown, string][] = [
    [{ inputs: '' }, 'inputs'],
    [{}, 'inputs'],
    [{ inputs: [{ role: 'user', content: 'Hi' }] }, 'inputs'],
    [{ inputs: 'Hi', stream: true }, 'stream'],
    [{ inputs: 'Hi', parameters: 5 }, 'parameters'],
    [{ inputs: 'Hi', parameters: { temperature: -1 } }, 'parameters.temperature'],
    [{ inputs: 'Hi', parameters: { num_beams: 4 } }, 'parameters.num_beams'],
    [{ inputs: 'Hi', parameters: { max_new_tokens: 1, min_new_tokens: 2 } }, 'parameters.min_new_tokens'],
    [{ inputs: 'Hi', parameters: { model: 'x' } }, 'parameters.model'],
    [{ inputs: 'Hi', options: { use_cach: true } }, 'options.use_cach'],
    [{ inputs: 'Hi', temperature: 1 }, 'temperature'],
  ];
  for (const [body, param] of cases) {
    const error = refusal(dialect, body, { id: 'gpt2' });
    assert.equal(error.param, param);
    assert.ok(error.message.startsWith(param), error.message);
  }
});

test('leaves unknown parameters out where the server only warns', () => {
  const warn = createHostedInference({ ...dialectSettings, unknownFields: 'warn' });
  const body = { inputs: 'Hi', extra: 1, parameters: { mirostat: 2 }, options: { dont_load: true } };
  assert.deepEqual(parse(warn, body, { id: 'x' }).ignored, ['extra', 'parameters.mirostat', 'options.dont_load']);
});

test('writes an error as one sentence', () => {
  const { status, body } = dialect.error(new InferenceError('overloaded', 'The queue is full; try again.'));
  assert.deepEqual([status, body], [429, { error: 'The queue is full; try again.' }]);
});
