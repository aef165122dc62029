import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { Served } from '../../src/compose.ts';
import { postJson, serveReal } from '../support/real-server.ts';
import { writeTinyBert } from '../support/tiny-bert.ts';

/** A cross-encoder with random weights: its scores mean nothing, but they are the model's. */
const folder = mkdtempSync(join(tmpdir(), 'hearth-rerank-'));
const path = join(folder, 'tiny-reranker.gguf');
const query = 'a question';
const documents = ['one', 'another text', 'a question', 'b'];

let served: Served;
before(async () => {
  writeTinyBert(path, 'rank');
  served = await serveReal({ model: [path] });
});
after(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

interface Reply {
  model: string;
  results: { index: number; relevance_score: number; document?: { text: string } }[];
  usage: { prompt_tokens: number; total_tokens: number };
  error: { message: string; param: string; code: string };
}

async function rerank(body: object, route = '/v1/rerank'): Promise<{ status: number; body: Reply }> {
  const { status, body: reply } = await postJson(served.url + route, body);
  return { status, body: reply as Reply };
}

/** The probabilities that llama.cpp's own binding gives for [CLS] query [SEP] document [SEP]. */
async function expected(): Promise<number[]> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createRankingContext({ contextSize: 64 });
  const end = model.tokens.sep ?? assert.fail();
  const asked = model.tokenize(query);
  const scores: number[] = [];
  // The binding leaves out the last [SEP] of a model without an end-of-sequence token, so the document is given with it.
  for (const document of documents) scores.push(await context.rank(asked, [...model.tokenize(document), end]));
  await model.dispose();
  return scores;
}

test('a reranker tells what it is', () => {
  const [info] = served.models;
  assert.deepEqual([info?.tasks, info?.contextSize, info?.id], [['rank'], 64, 'tiny-reranker']);
});

test('scores are those of llama.cpp, from 0 to 1, the best first, with all tokens counted', async () => {
  const { status, body } = await rerank({ query, documents });
  assert.equal(status, 200);
  const scores = await expected();
  assert.ok(new Set(scores.map((score) => score.toFixed(4))).size > 2, String(scores));
  for (const { index, relevance_score: score } of body.results) {
    assert.ok(Math.abs(score - (scores[index] ?? NaN)) < 1e-3, `${index}: ${score}, not ${scores[index]}`);
  }
  const order = scores.map((score, index) => ({ score, index })).toSorted((a, b) => b.score - a.score);
  assert.deepEqual(
    body.results.map(({ index }) => index),
    order.map(({ index }) => index),
  );
  // A token a letter, and three special ones a pair.
  const characters = documents.map((document) => (query + document).replaceAll(' ', '').length + 3);
  const counted = characters.reduce((sum, count) => sum + count, 0);
  assert.deepEqual(body.usage, { prompt_tokens: counted, total_tokens: counted });
});

test('answers in the forms of Jina and of Text Embeddings Inference, on both paths', async () => {
  const { body } = await rerank({ model: 'any', query, documents, top_n: 2, return_documents: true }, '/rerank');
  assert.equal(body.results.length, 2);
  for (const { index, document } of body.results) assert.equal(document?.text, documents[index]);
  const objects = documents.map((text) => ({ text }));
  assert.deepEqual((await rerank({ query, documents: objects, top_n: 2, return_documents: true })).body, body);
  const { body: list } = await rerank({ query, texts: documents, return_text: true });
  const bare = list as unknown as { index: number; score: number; text: string }[];
  assert.equal(bare.length, documents.length);
  assert.deepEqual(
    bare.slice(0, 2).map(({ index, score, text }) => [index, score, text]),
    body.results.map(({ index, relevance_score: score, document }) => [index, score, document?.text]),
  );
});

test('a pair that is too long is refused with its numbers; other tasks are, with what the model does', async () => {
  const long = await rerank({ query, documents: ['a', 'x '.repeat(60)] });
  assert.equal(long.status, 400);
  assert.deepEqual([long.body.error.param, long.body.error.code], ['documents[1]', 'context_length_exceeded']);
  assert.match(long.body.error.message, /documents\[1\] together with query has 72 tokens, but the model takes 64/);
  const embedded = await rerank({ input: 'a' }, '/v1/embeddings');
  assert.equal(embedded.status, 501);
  assert.match(embedded.body.error.message, /ranks documents and does not make embeddings/);
});
