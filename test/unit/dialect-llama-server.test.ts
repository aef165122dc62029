import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLlamaServer } from '../../src/dialects/llama-server/index.ts';
import { at, parse, refusal, requestOf } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const whole = createLlamaServer(dialectSettings);
const dialect = at(whole, '/completion');
const infill = at(whole, '/infill');
const names = {
  maxTokens: 'max_tokens',
  maxTotalTokens: 'n_predict',
  minTokens: 'min_tokens',
  n: 'n_cmpl',
  prompt: 'prompt',
  suffix: 'input_suffix',
  logitBias: 'logit_bias',
};
const silent = {
  prompt: { kind: 'text', text: 'Once' },
  n: 1,
  silentTemperature: 0.8,
  silentSampling: { topK: 40, topP: 0.95, minP: 0.05 },
  minTokens: 0,
  ignoreEos: false,
  sampling: {},
  stop: [],
  tokenIds: false,
  names,
};

test('takes the least, with the defaults of llama-server', () => {
  assert.deepEqual(requestOf(dialect, { prompt: 'Once' }), silent);
  assert.equal(parse(dialect, { prompt: 'Once' }).stream, false);
});

test('takes strings, token ids, both mixed, objects with a prompt_string, and lists of all these', () => {
  const of = (given: unknown) => {
    const { prompt, morePrompts } = requestOf(dialect, { prompt: given });
    return [prompt, ...(morePrompts ?? [])];
  };
  assert.deepEqual(of([12, 34]), [{ kind: 'tokens', items: [12, 34] }]);
  assert.deepEqual(of([12, 'a', 0]), [{ kind: 'tokens', items: [12, 'a', 0] }]);
  assert.deepEqual(of(['a', 12]), [{ kind: 'tokens', items: ['a', 12] }]);
  assert.deepEqual(of([[1, 'a'], [2], 'b', { prompt_string: 'c', multimodal_data: [] }, { prompt_string: '' }]), [
    { kind: 'tokens', items: [1, 'a'] },
    { kind: 'tokens', items: [2] },
    { kind: 'text', text: 'b' },
    { kind: 'text', text: 'c' },
    { kind: 'text', text: '' },
  ]);
});

test('translates every parameter, zeros included', () => {
  const request = requestOf(dialect, {
    prompt: 'Once',
    model: 'm',
    n_predict: 0,
    n_cmpl: 2,
    stop: ['', 'x'],
    seed: 0,
    temperature: -1,
    top_k: 0,
    top_p: 0,
    min_p: 0,
    repeat_penalty: 1.2,
    repeat_last_n: -1,
    presence_penalty: 0,
    frequency_penalty: 5,
    ignore_eos: true,
    logit_bias: [
      [5, false],
      [' a', -1.5],
      [6, 1000],
    ],
    n_probs: 3,
    cache_prompt: false,
    return_tokens: true,
  });
  assert.deepEqual(request, {
    ...silent,
    model: 'm',
    n: 2,
    maxTokens: 0,
    ignoreEos: true,
    sampling: {
      temperature: 0,
      topP: 0,
      topK: 0,
      minP: 0,
      repetitionPenalty: 1.2,
      presencePenalty: 0,
      frequencyPenalty: 5,
      seed: 0,
    },
    stop: ['x'],
    logitBias: [
      { token: 5, bias: -Infinity },
      { token: ' a', bias: -1.5 },
      { token: 6, bias: 100 },
    ],
    reuse: false,
    tokenIds: true,
    logprobs: 3,
    names: { ...names, maxTokens: 'n_predict' },
  });
});

test('n_predict -1 is as much as fits, seed -1 a fresh one, repeat_last_n 0 no penalty', () => {
  const { maxTokens, maxTotalTokens } = requestOf(dialect, { prompt: 'a', n_predict: -1 });
  assert.deepEqual([maxTokens, maxTotalTokens], [undefined, Infinity]);
  for (const seed of [-1, 4_294_967_295]) assert.deepEqual(requestOf(dialect, { prompt: 'a', seed }).sampling, {});
  const off = { repeat_last_n: 0, repeat_penalty: 2, presence_penalty: 1, frequency_penalty: 1 };
  const none = { repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 };
  assert.deepEqual(requestOf(dialect, { prompt: 'a', ...off }).sampling, none);
});

test("takes OpenAI's names and its form of logit_bias; names of it that are no ids are texts", () => {
  const body = { prompt: 'a', max_tokens: 5, n: 3, logit_bias: { 7: false, ' the': 2 } };
  const { maxTokens, n, logitBias } = requestOf(dialect, body);
  assert.deepEqual([maxTokens, n], [5, 3]);
  assert.deepEqual(logitBias, [
    { token: 7, bias: -Infinity },
    { token: ' the', bias: 2 },
  ]);
});

test('a stream asks for token ids', () => {
  assert.equal(requestOf(dialect, { prompt: 'a', stream: true }).tokenIds, true);
});

test('takes what is off, and names what it leaves out', () => {
  const off = { mirostat: 0, typical_p: 1, dry_multiplier: 0, dry_base: 1.75, xtc_probability: 0, xtc_threshold: 0.1 };
  const more = { grammar: '', json_schema: null, lora: [], n_keep: 0, id_slot: -1, n_cache_reuse: 256 };
  assert.deepEqual(parse(dialect, { prompt: 'a', ...off, ...more }).ignored, []);
  const vim = { samplers: ['top_k', 'infill'], t_max_predict_ms: 500, n_indent: 2 };
  assert.deepEqual(parse(dialect, { prompt: 'a', ...vim }).ignored, ['samplers', 't_max_predict_ms', 'n_indent']);
});

test('refuses what is wrong or cannot be done, by the name of the field', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ prompt: undefined }, 'prompt'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: { prompt_string: 'a' } }, 'prompt'],
    [{ prompt: [1, -1] }, 'prompt[1]'],
    [{ prompt: [1, null] }, 'prompt[1]'],
    [{ prompt: ['a', []] }, 'prompt[1]'],
    [{ prompt: ['a', { prompt_string: 'b', multimodal_data: ['x'] }] }, 'prompt[1]'],
    [{ prompt: ['a', [1, {}]] }, 'prompt[1][1]'],
    [{ n_predict: -3 }, 'n_predict'],
    [{ n_predict: 1.5 }, 'n_predict'],
    [{ n_predict: 5, max_tokens: 6 }, 'max_tokens'],
    [{ n_cmpl: 0 }, 'n_cmpl'],
    [{ n_cmpl: 2, n: 3 }, 'n'],
    [{ stop: 5 }, 'stop'],
    [{ stop: ['a', 5] }, 'stop[1]'],
    [{ stop: Array(129).fill('a') }, 'stop'],
    [{ seed: 'a' }, 'seed'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_k: -2 }, 'top_k'],
    [{ top_p: 1.5 }, 'top_p'],
    [{ min_p: -1 }, 'min_p'],
    [{ repeat_penalty: 0 }, 'repeat_penalty'],
    [{ repeat_last_n: -2 }, 'repeat_last_n'],
    [{ presence_penalty: 101 }, 'presence_penalty'],
    [{ frequency_penalty: null, presence_penalty: [] }, 'presence_penalty'],
    [{ ignore_eos: 0 }, 'ignore_eos'],
    [{ logit_bias: 5 }, 'logit_bias'],
    [{ logit_bias: [[5]] }, 'logit_bias[0]'],
    [{ logit_bias: [[-5, 1]] }, 'logit_bias[0][0]'],
    [{ logit_bias: [[5, true]] }, 'logit_bias[0][1]'],
    [{ logit_bias: { a: 'b' } }, 'logit_bias.a'],
    [{ logit_bias: [['x'.repeat(201), 1]] }, 'logit_bias[0][0]'],
    [{ logit_bias: Array.from({ length: 10_001 }, () => [5, 1]) }, 'logit_bias'],
    [{ n_probs: -1 }, 'n_probs'],
    [{ n_probs: 101 }, 'n_probs'],
    [{ cache_prompt: 1 }, 'cache_prompt'],
    [{ return_tokens: 1 }, 'return_tokens'],
    [{ response_fields: 'content' }, 'response_fields'],
    [{ mirostat: 2 }, 'mirostat'],
    [{ typical_p: 0.5 }, 'typical_p'],
    [{ dry_multiplier: 0.8 }, 'dry_multiplier'],
    [{ post_sampling_probs: true }, 'post_sampling_probs'],
    [{ grammar: 7 }, 'grammar'],
    [{ grammar: 'root ::= "a"', json_schema: {} }, 'json_schema'],
    [{ json_schema: 'x' }, 'json_schema'],
    [{ lora: [{ id: 0, scale: 1 }] }, 'lora'],
    [{ n_predic: 5 }, 'n_predic'],
  ];
  for (const [fields, param] of cases) {
    const error = refusal(dialect, { prompt: 'Once', ...fields });
    assert.equal(error.code, 'invalid_request');
    assert.equal(error.param, param, error.message);
    assert.ok(error.message.includes(param), error.message);
  }
});

test('an infill has a prefix, with the prompt after it, a suffix, and other files', () => {
  const request = requestOf(infill, {
    input_prefix: 'def f(',
    input_suffix: '): pass',
    input_extra: [{ filename: 'a.py', text: 'x = 1' }, { text: 'y' }],
    prompt: 'a, ',
    n_predict: 4,
  });
  assert.deepEqual(request.prompt, {
    kind: 'infill',
    prefix: 'def f(a, ',
    suffix: '): pass',
    extra: [
      { filename: 'a.py', text: 'x = 1' },
      { filename: undefined, text: 'y' },
    ],
  });
  assert.equal(request.maxTokens, 4);
  const good = { input_prefix: '', input_suffix: '' };
  const cases: [Record<string, unknown>, string][] = [
    [{ input_prefix: undefined }, 'input_prefix'],
    [{ input_suffix: null }, 'input_suffix'],
    [{ input_extra: 'a' }, 'input_extra'],
    [{ input_extra: ['a'] }, 'input_extra[0]'],
    [{ input_extra: [{ filename: 'a' }] }, 'input_extra[0].text'],
    [{ input_extra: [{ text: 'a', filename: 5 }] }, 'input_extra[0].filename'],
    [{ prompt: ['a'] }, 'prompt'],
  ];
  for (const [fields, param] of cases) assert.equal(refusal(infill, { ...good, ...fields }).param, param);
});
