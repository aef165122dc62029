import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Call, Dialect } from '../../src/dialects/dialect.ts';
import { parseBody } from '../../src/dialects/explain.ts';
import { createHostedInference } from '../../src/dialects/hosted-inference.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { createPostApi } from '../../src/dialects/post-api.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { modelsOf, registryOf } from '../support/fake-model.ts';
import { letterClassifier, letterEmbedder, letterRanker } from '../support/letter-embedder.ts';
import { dialectSettings } from '../support/server.ts';

const openai = createOpenai(dialectSettings);
const postApi = createPostApi(dialectSettings);
const hosted = createHostedInference(dialectSettings);
const models = modelsOf(
  letterClassifier(),
  letterClassifier('alone', 'sigmoid', false),
  letterEmbedder(),
  letterRanker(),
);

function callOf(dialect: Dialect, path: string): Call<unknown> {
  for (const route of dialect.routes) if (route.kind === 'call' && route.paths.includes(path)) return route;
  throw new Error(`there is no call ${path}`);
}

/** What answers a path of text where the model does this. */
function otherOf(dialect: Dialect, path: string, task: 'embed' | 'rank' | 'classify'): Call<unknown> {
  for (const route of dialect.routes) {
    const other = route.kind === 'generation' && route.paths.includes(path) && route.otherTasks?.calls[task];
    if (other) return other;
  }
  throw new Error(`${path} does nothing for ${task}`);
}

/** A body's way through a call, as the mount goes it. */
async function ask(route: Call<unknown>, given: unknown, params: Record<string, string> = {}): Promise<unknown> {
  const body = parseBody(route.body ?? assert.fail(), given);
  route.ignored?.(body);
  const responses = new ResponseStore({ maxCount: 0, maxBytes: 0 });
  const reply = { id: 'u1', created: 1_700_000_000 };
  const { signal } = new AbortController();
  const sent = await route.run(
    { params, query: {}, body, signal, reply, note() {} },
    { models, host: registryOf(), responses },
  );
  if (route.doc !== undefined) assert.deepEqual(route.doc.reply?.parse(sent), sent, 'the reply is told in full');
  return sent;
}

function softmax(...logits: number[]): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - Math.max(...logits)), 0);
  return logits.map((logit) => Math.exp(logit - Math.max(...logits)) / sum);
}

test('/v1/classify answers as vLLM does: the likeliest label, and the probabilities of all', async () => {
  const reply = await ask(callOf(openai, '/v1/classify'), { model: 'judges', input: ['abc', 'd'], user: 'me' });
  assert.deepEqual(reply, {
    id: 'classify-u1',
    object: 'list',
    created: 1_700_000_000,
    model: 'judges',
    data: [
      { index: 0, label: 'short', probs: softmax(5, 0, 0), num_classes: 3 },
      { index: 1, label: 'short', probs: softmax(3, 0, 0), num_classes: 3 },
    ],
    usage: { prompt_tokens: 8, total_tokens: 8, completion_tokens: 0 },
  });
});

interface Judged {
  data: { probs: number[] }[];
}

test('/v1/classify takes token ids, the labels of a model that judges each by itself, and gives logits when asked', async () => {
  const classify = callOf(openai, '/v1/classify');
  const probs = async (body: object): Promise<number[][]> =>
    ((await ask(classify, body)) as Judged).data.map((one) => one.probs);
  assert.deepEqual(await probs({ input: [97, 98], model: 'alone' }), [[1 / (1 + Math.exp(-4)), 0.5, 0.5]]);
  assert.deepEqual(await probs({ input: [[97], [98, 99]], use_activation: false }), [
    [3, 0, 0],
    [4, 0, 0],
  ]);
  assert.deepEqual(await probs({ input: 'a', activation: false }), [[3, 0, 0]]);
});

test('/predict answers as Text Embeddings Inference does: texts, pairs, batches of both, logits', async () => {
  const predict = callOf(openai, '/predict');
  const labels = (short: number, long: number, none: number, names = ['short', 'long', 'none']): object[] =>
    [short, long, none].map((score, at) => ({ label: names[at], score }));
  assert.deepEqual(await ask(predict, { inputs: 'abc', raw_scores: true }), labels(5, 0, 0));
  assert.deepEqual(await ask(predict, { inputs: ['abc'], raw_scores: true }), labels(5, 0, 0));
  assert.deepEqual(await ask(predict, { inputs: ['abc', 'de'], raw_scores: true }), labels(8, 3, 0));
  assert.deepEqual(await ask(predict, { inputs: [['a'], ['b', 'c']] }), [
    labels(...(softmax(3, 0, 0) as [number, number, number])),
    labels(...(softmax(5, 2, 0) as [number, number, number])),
  ]);
});

test('hosted inference answers text-classification in a list for one text too, the highest score first', async () => {
  const classify = otherOf(hosted, '/models/:id', 'classify');
  const params = { id: 'judges' };
  const none = { function_to_apply: 'none' };
  assert.deepEqual(await ask(classify, { inputs: 'abc', parameters: { ...none, top_k: 2 } }, params), [
    [
      { label: 'short', score: 5 },
      { label: 'long', score: 0 },
    ],
  ]);
  assert.deepEqual(await ask(classify, { inputs: ['abc', 'd'], parameters: { ...none, top_k: 1 } }, params), [
    [{ label: 'short', score: 5 }],
    [{ label: 'short', score: 3 }],
  ]);
  const [[first] = []] = (await ask(classify, { inputs: 'abc', options: { wait_for_model: true } }, params)) as {
    score: number;
  }[][];
  assert.equal(first?.score, softmax(5, 0, 0)[0]);
});

test('hosted inference answers feature-extraction with a vector for a text and a list for a list', async () => {
  const embed = otherOf(hosted, '/models/:owner/:name', 'embed');
  const one = await ask(embed, { inputs: 'abc' }, { id: 'vectors' });
  const many = await ask(embed, { inputs: ['abc', 'd'], parameters: { normalize: true } }, { id: 'vectors' });
  assert.equal((one as number[]).length, 4);
  assert.deepEqual((many as number[][])[0], one);
  assert.equal((many as number[][]).length, 2);
});

test('/llm has a path for each task, and answers for a model of that task in an object', async () => {
  const data = [{ index: 0, label: 'short', probs: softmax(5, 0, 0), num_classes: 3 }];
  const usage = { prompt_tokens: 5, total_tokens: 5 };
  const list = { object: 'list', data, model: 'judges', usage };
  assert.deepEqual(await ask(callOf(postApi, '/llm/classify'), { inputs: 'abc' }), list);
  assert.deepEqual(await ask(otherOf(postApi, '/llm', 'classify'), { messages: ['abc'], model: 'judges' }), {
    data: { response: list },
  });
  const ranked = await ask(callOf(postApi, '/llm/rerank'), { query: 'q', documents: ['a', 'abc'], top_n: 1 });
  assert.deepEqual((ranked as { results: object[] }).results, [{ index: 1, relevance_score: 0.35 }]);
  assert.deepEqual(await ask(otherOf(postApi, '/llm', 'rank'), { query: 'q', documents: ['a', 'abc'], top_n: 1 }), {
    data: { response: ranked },
  });
});

const long = 'a'.repeat(30);
const at = (dialect: Dialect, path: string) => callOf(dialect, path);
const refused: [Call<unknown>, body: unknown, param: string | undefined, message: RegExp][] = [
  [at(openai, '/v1/classify'), {}, 'input', /^input must be a string, a list of strings/],
  [at(openai, '/v1/classify'), { input: '' }, 'input', /^input must be a string that is not empty, got ""\.$/],
  [at(openai, '/v1/classify'), { input: ['a', ''] }, 'input[1]', /^input\[1\] must be/],
  [at(openai, '/v1/classify'), { input: long }, 'input', /^input has 32 tokens, but the model takes 20 at most/],
  [at(openai, '/v1/classify'), { input: [70_000] }, 'input[0]', /^input\[0\] is 70000/],
  [at(openai, '/v1/classify'), { input: 'a', activation: 'softmax' }, 'activation', /must be true or false/],
  [at(openai, '/v1/classify'), { input: 'a', activation: true, use_activation: true }, 'activation', /give one/],
  [at(openai, '/v1/classify'), { input: 'a', truncate_prompt_tokens: 5 }, 'truncate_prompt_tokens', /nothing is trunc/],
  [at(openai, '/v1/classify'), { input: 'a', inputs: 'a' }, 'inputs', /did you mean input\?$/],
  [at(openai, '/v1/classify'), { input: 'a', model: 'vectors' }, 'model', /does not classify texts; use judges, alone/],
  [at(openai, '/predict'), {}, 'inputs', /^inputs must be a string, a list of one or two strings/],
  [at(openai, '/predict'), { inputs: [] }, 'inputs', /^inputs must be/],
  [at(openai, '/predict'), { inputs: ['a', 'b', 'c'] }, 'inputs', /^inputs has more than two strings, a pair/],
  [
    at(openai, '/predict'),
    { inputs: [['a'], []] },
    'inputs[1]',
    /^inputs\[1\] must be a string that is not empty, or a list of one/,
  ],
  [
    at(openai, '/predict'),
    { inputs: ['a', long] },
    'inputs[0]',
    /^inputs\[0\] together with inputs\[1\] has 34 tokens/,
  ],
  [at(openai, '/predict'), { inputs: [['a'], 'b'] }, 'inputs', /^inputs mixes strings with lists/],
  [at(openai, '/predict'), { inputs: [['a'], ['']] }, 'inputs[1][0]', /^inputs\[1\]\[0\] must be a string that/],
  [at(openai, '/predict'), { inputs: 'a', truncate: true }, 'truncate', /nothing is truncated/],
  [at(openai, '/predict'), { inputs: ['a', 'b'], model: 'alone' }, 'inputs[1]', /takes one text alone; leave it out/],
  [
    otherOf(hosted, '/models/:id', 'classify'),
    { inputs: [] },
    'inputs',
    /^inputs must be a string that is not empty, or/,
  ],
  [
    otherOf(hosted, '/models/:id', 'classify'),
    { inputs: 'a', parameters: { function_to_apply: 'tanh' } },
    'parameters.function_to_apply',
    /must be "softmax", "sigmoid", "none", got "tanh"/,
  ],
  [
    otherOf(hosted, '/models/:id', 'classify'),
    { inputs: 'a', parameters: { max_length: 5 } },
    'parameters.max_length',
    /is not known/,
  ],
  [otherOf(hosted, '/models/:id', 'classify'), { inputs: 'a', stream: true }, 'stream', /nothing to stream/],
  [at(postApi, '/llm/classify'), { inputs: 'a', temperature: 1 }, 'temperature', /^temperature is not known/],
  [at(postApi, '/llm/rerank'), { query: 'a', documents: ['b'], foo: 1 }, 'foo', /^foo is not known/],
];
for (const [route, body, param, message] of refused) {
  const shown = JSON.stringify(body);
  test(`${route.paths[0] ?? 'hosted inference'} refuses ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`, async () => {
    await assert.rejects(ask(route, body, { id: 'judges' }), (error) => {
      assert.ok(error instanceof InferenceError, String(error));
      assert.match(error.message, message);
      assert.equal(error.param, param);
      return true;
    });
  });
}
