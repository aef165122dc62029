import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmbedResult } from '../../src/contract/embed.ts';
import type { Model } from '../../src/contract/model.ts';
import { modelsOf } from '../support/fake-model.ts';
import { FIRST, LAST, letterEmbedder, letterRanker } from '../support/letter-embedder.ts';

const never = new AbortController().signal;

async function embed(
  model: Model,
  contents: readonly (string | readonly number[])[],
  { dimensions, signal = never }: { dimensions?: number; signal?: AbortSignal } = {},
): Promise<EmbedResult> {
  const inputs = contents.map((content, index) => ({ content, name: `input[${index}]` }));
  const able = await modelsOf(model).capable(undefined, 'embed');
  return able.embed({ inputs, dimensions, names: { dimensions: 'dims' } }, signal);
}

test('texts and tokens reach the engine with the tokens around them, and all are counted', async () => {
  const model = letterEmbedder();
  const { vectors, promptTokens } = await embed(model, ['abc', [100], 'd']);
  assert.deepEqual(model.inputs, [
    [FIRST, 97, 98, 99, LAST],
    [FIRST, 100, LAST],
    [FIRST, 100, LAST],
  ]);
  assert.equal(promptTokens, 11);
  assert.deepEqual(vectors[1], vectors[2]);
  assert.deepEqual(model.inputStats?.(), { inputs: 3, tokens: 11, slots: 2, slotsBusy: 0, queued: 0 });
});

test('dimensions keeps the first numbers and the length 1', async () => {
  const model = letterEmbedder();
  const [cut] = (await embed(model, ['abc'], { dimensions: 1 })).vectors;
  assert.deepEqual([...(cut ?? [])], [1]);
  for (const dimensions of [0, 5]) {
    await assert.rejects(embed(model, ['abc'], { dimensions }), {
      code: 'invalid_request',
      param: 'dims',
      message: `dims is ${dimensions}, but the model's vectors have 4; ask for 1 to 4.`,
    });
  }
});

const refused: [string, readonly (string | readonly number[])[], string, string, string][] = [
  ['an empty text', ['a', ''], 'invalid_request', 'input[1]', 'input[1] is empty; give at least one character.'],
  ['an empty list', [[]], 'invalid_request', 'input[0]', 'input[0] is empty; give at least one token.'],
  [
    'a text over the limit by one of the tokens around it',
    ['a', 'b'.repeat(19)],
    'context_exceeded',
    'input[1]',
    'input[1] has 21 tokens, but the model takes 20 at most; shorten it.',
  ],
  [
    'a text of several slices, after the first that tells',
    ['b'.repeat(100_000)],
    'context_exceeded',
    'input[0]',
    'input[0] has at least 8192 tokens, but the model takes 20 at most; shorten it.',
  ],
  [
    'an id outside the vocabulary',
    [[5, 65_536]],
    'invalid_request',
    'input[0][1]',
    "input[0][1] is 65536, but the model's tokens have the ids 0 to 65535.",
  ],
];
for (const [what, contents, code, param, message] of refused) {
  test(`refuses ${what}, before anything is computed`, async () => {
    const model = letterEmbedder();
    await assert.rejects(embed(model, contents), { code, param, message });
    assert.deepEqual(model.inputs, []);
  });
}

test('the longest input that fits is taken', async () => {
  assert.equal((await embed(letterEmbedder(), ['b'.repeat(18)])).promptTokens, 20);
});

test('a request more than run and may wait is refused at once; a place that is left is free again', async () => {
  let go = (): void => {};
  const until = new Promise<void>((resolve) => (go = resolve));
  const model = letterEmbedder('vectors', { maxQueue: 1, until });
  const waiting = ['a', 'b', 'c'].map((text) => embed(model, [text]));
  await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(embed(model, ['d']), { code: 'overloaded', retryAfter: 1 });
  go();
  await Promise.all(waiting);
  assert.equal((await embed(model, ['d'])).promptTokens, 3);
  assert.equal(model.inputStats?.().inputs, 4);
});

test('a request whose inputs wait longer than they may is refused', async () => {
  const model = letterEmbedder('vectors', { maxQueue: 1, maxQueueWaitMs: 20, until: new Promise(() => {}) });
  await assert.rejects(embed(model, ['a']), { code: 'overloaded', message: /^None of the inputs came to its turn/ });
  const slow = letterEmbedder('vectors', { until: new Promise((resolve) => setTimeout(resolve, 30)) });
  assert.ok((await embed(slow, ['a'])).queueMs >= 25);
});

test('a request that is aborted leaves its place, and is not counted', async () => {
  const model = letterEmbedder('vectors', { maxQueue: 0, until: new Promise(() => {}) });
  const controller = new AbortController();
  const waiting = embed(model, ['a'], { signal: controller.signal });
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await assert.rejects(waiting, { code: 'aborted' });
  assert.equal(model.inputStats?.().inputs, 0);
  await assert.rejects(embed(model, ['a'], { signal: controller.signal }), { code: 'aborted' });
});

test('documents are scored each with the query, and a pair that is too long is refused', async () => {
  const model = await modelsOf(letterRanker()).capable(undefined, 'rank');
  const query = { content: 'ab', name: 'query' };
  const documents = ['a', 'abc'].map((content, index) => ({ content, name: `documents[${index}]` }));
  const { scores, promptTokens } = await model.rank({ query, documents }, never);
  assert.deepEqual([scores, promptTokens], [[0.3, 0.4], 14]);
  const long = { content: 'a'.repeat(16), name: 'documents[0]' };
  await assert.rejects(model.rank({ query, documents: [long] }, never), {
    code: 'context_exceeded',
    param: 'documents[0]',
    message: 'documents[0] together with query has 21 tokens, but the model takes 20 at most; shorten it.',
  });
});
