import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Call } from '../../src/dialects/dialect.ts';
import { parseBody } from '../../src/dialects/explain.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { modelsOf, registryOf } from '../support/fake-model.ts';
import { letterEmbedder, letterRanker } from '../support/letter-embedder.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);

function callOf(path: string): Call<unknown> {
  for (const route of dialect.routes) if (route.kind === 'call' && route.paths.includes(path)) return route;
  throw new Error(`there is no call ${path}`);
}

/** A body's way through a call, as the mount goes it. */
async function ask(
  path: string,
  given: unknown,
): Promise<{ reply: unknown; ignored: readonly string[]; noted: object[] }> {
  const route = callOf(path);
  const body = parseBody(route.body ?? assert.fail(), given);
  const ignored = route.ignored?.(body) ?? [];
  const noted: object[] = [];
  const responses = new ResponseStore({ maxCount: 0, maxBytes: 0 });
  const services = { models: modelsOf(letterEmbedder(), letterRanker()), host: registryOf(), responses };
  const { signal } = new AbortController();
  const input = {
    params: {},
    query: {},
    body,
    signal,
    reply: { id: 'u1', created: 1_700_000_000 },
    note: (told: object) => noted.push(told),
  };
  return { reply: await route.run(input, services), ignored, noted };
}

test('the reply is a list of embeddings with their indexes, the model and the usage', async () => {
  const { reply, ignored, noted } = await ask('/v1/embeddings', { input: ['abc', 'd'], model: 'vectors', foo: 1 });
  const embedding = (letter: number, tokens: number): number[] => {
    const length = Math.hypot(letter, tokens);
    return [...Float32Array.of(letter / length, tokens / length, 0, 0)];
  };
  assert.deepEqual(reply, {
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: embedding(97, 5) },
      { object: 'embedding', index: 1, embedding: embedding(100, 3) },
    ],
    model: 'vectors',
    usage: { prompt_tokens: 8, total_tokens: 8 },
  });
  assert.deepEqual(ignored, ['foo']);
  const [first, last] = noted;
  assert.deepEqual(first, { model: 'vectors' });
  assert.deepEqual({ ...last, queueMs: 0 }, { model: 'vectors', promptTokens: 8, queueMs: 0 });
});

test('base64 holds the float32 numbers, little-endian', async () => {
  const { reply } = await ask('/v1/embeddings', { input: 'abc', encoding_format: 'base64' });
  const [{ embedding } = { embedding: '' }] = (reply as { data: { embedding: string }[] }).data;
  const bytes = Buffer.from(embedding, 'base64');
  assert.equal(bytes.length, 16);
  assert.ok(Math.abs(bytes.readFloatLE(0) - 97 / Math.hypot(97, 5)) < 1e-6);
});

test('rerank tells the best first, cut to top_n, with the documents where they are asked for', async () => {
  const { reply } = await ask('/v1/rerank', {
    query: 'q',
    documents: ['a', { text: 'abc' }, 'ab'],
    top_n: 2,
    return_documents: true,
  });
  assert.deepEqual(reply, {
    object: 'list',
    model: 'ranks',
    results: [
      { index: 1, relevance_score: 0.35, document: { text: 'abc' } },
      { index: 2, relevance_score: 0.3, document: { text: 'ab' } },
    ],
    usage: { prompt_tokens: 18, total_tokens: 18 },
  });
});

test('texts in place of documents are answered as Text Embeddings Inference does', async () => {
  const bare = await ask('/rerank', { query: 'q', texts: ['a', 'abc'], raw_scores: false });
  assert.deepEqual(bare.reply, [
    { index: 1, score: 0.35 },
    { index: 0, score: 0.25 },
  ]);
  const told = await ask('/rerank', { query: 'q', texts: ['a'], return_text: true });
  assert.deepEqual(told.reply, [{ index: 0, score: 0.25, text: 'a' }]);
});

const many = Array.from({ length: 2049 }, () => 'a');
const refused: [path: string, body: unknown, param: string | undefined, message: RegExp][] = [
  ['/v1/embeddings', [], undefined, /^The body must be a JSON object/],
  ['/v1/embeddings', {}, 'input', /^input must be a string, a list of strings, .* got nothing\.$/],
  ['/v1/embeddings', { input: '' }, 'input', /^input must be a string that is not empty, got ""\.$/],
  ['/v1/embeddings', { input: [] }, 'input', /^input must be a list that is not empty, got an empty list\.$/],
  ['/v1/embeddings', { input: ['a', ''] }, 'input[1]', /^input\[1\] must be a string that is not empty/],
  ['/v1/embeddings', { input: [[1], []] }, 'input[1]', /^input\[1\] must be a list that is not empty/],
  ['/v1/embeddings', { input: null }, 'input', /got null/],
  ['/v1/embeddings', { input: 7 }, 'input', /got 7/],
  ['/v1/embeddings', { input: { text: 'a' } }, 'input', /got an object/],
  ['/v1/embeddings', { input: [{}] }, 'input[0]', /^input\[0\] must be a string that is not empty, a token id or/],
  ['/v1/embeddings', { input: [1.5] }, 'input[0]', /got 1\.5/],
  ['/v1/embeddings', { input: [-1] }, 'input[0]', /got -1/],
  ['/v1/embeddings', { input: [[1, '2']] }, 'input[0][1]', /^input\[0\]\[1\] must be a token id/],
  ['/v1/embeddings', { input: [1, 'a'] }, 'input', /^input mixes token ids with other inputs/],
  ['/v1/embeddings', { input: many }, 'input', /^input has 2049 inputs; send at most 2048 in a request\.$/],
  ['/v1/embeddings', { input: [70_000] }, 'input[0]', /^input\[0\] is 70000, but .* 0 to 65535\.$/],
  ['/v1/embeddings', { input: [[1], [70_000]] }, 'input[1][0]', /^input\[1\]\[0\] is 70000/],
  ['/v1/embeddings', { input: 'a'.repeat(30) }, 'input', /^input has 32 tokens, but the model takes 20 at most/],
  ['/v1/embeddings', { input: 'a', dimensions: 0 }, 'dimensions', /^dimensions must be an integer ≥ 1, got 0\.$/],
  ['/v1/embeddings', { input: 'a', dimensions: 5 }, 'dimensions', /^dimensions is 5, but the model's vectors have 4/],
  ['/v1/embeddings', { input: 'a', dimensions: '2' }, 'dimensions', /got "2"/],
  ['/v1/embeddings', { input: 'a', encoding_format: 'int8' }, 'encoding_format', /"float" or "base64", got "int8"/],
  ['/v1/embeddings', { input: 'a', user: 1 }, 'user', /must be a string/],
  ['/v1/embeddings', { input: 'a', model: 1 }, 'model', /must be a string/],
  ['/v1/embeddings', { inputs: 'a' }, 'input', /^input must be/],
  ['/v1/embeddings', { input: 'a', dimension: 2 }, 'dimension', /did you mean dimensions\?$/],
  ['/v1/embeddings', { input: 'a', model: 'ranks' }, 'model', /does not make embeddings; use vectors\.$/],
  ['/v1/embeddings', { input: 'a', model: 'gone' }, 'model', /^There is no model gone/],
  ['/v1/rerank', { documents: ['a'] }, 'query', /^query must be a string that is not empty, got nothing/],
  ['/v1/rerank', { query: '', documents: ['a'] }, 'query', /^query must be a string that is not empty, got ""/],
  ['/v1/rerank', { query: 'a' }, 'documents', /^The documents are missing/],
  ['/v1/rerank', { query: 'a', documents: [] }, 'documents', /^documents must be a list of 1 to 2048 documents/],
  ['/v1/rerank', { query: 'a', documents: many }, 'documents', /^documents must be a list of 1 to 2048 documents/],
  ['/v1/rerank', { query: 'a', documents: [''] }, 'documents[0]', /^documents\[0\] must be a string that is not empty/],
  ['/v1/rerank', { query: 'a', documents: [{ text: 1 }] }, 'documents[0].text', /must be a string that is not empty/],
  ['/v1/rerank', { query: 'a', documents: ['a'], texts: ['b'] }, 'texts', /mean the same/],
  ['/v1/rerank', { query: 'a', texts: ['b'], raw_scores: true }, 'raw_scores', /scores are always from 0 to 1/],
  ['/v1/rerank', { query: 'a', documents: ['a'], top_n: 0 }, 'top_n', /^top_n must be an integer ≥ 1/],
  [
    '/v1/rerank',
    { query: 'a', documents: ['a'.repeat(30)] },
    'documents[0]',
    /^documents\[0\] together with query has 34 tokens, but the model takes 20/,
  ],
];
for (const [path, body, param, message] of refused) {
  const shown = JSON.stringify(body);
  test(`${path} refuses ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`, async () => {
    await assert.rejects(ask(path, body), (error) => {
      assert.ok(error instanceof InferenceError, String(error));
      assert.match(error.message, message);
      assert.equal(error.param, param);
      return true;
    });
  });
}

test('a megabyte of ids or texts is checked without holding up others', async () => {
  const texts = Array.from({ length: 2048 }, (_, index) => `${index} ${'word '.repeat(95)}`);
  const lists = Array.from({ length: 2000 }, () => Array.from({ length: 125 }, (_, id) => id));
  for (const input of [texts, lists]) {
    const schema = callOf('/v1/embeddings').body ?? assert.fail();
    const times: number[] = [];
    for (let run = 0; run < 20; run += 1) {
      const began = performance.now();
      parseBody(schema, { input });
      times.push(performance.now() - began);
    }
    assert.ok(Math.min(...times) < 50, `${times.map(Math.round).join(', ')} ms`);
  }
});
