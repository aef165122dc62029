import { test } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { at } from '../support/at.ts';
import { assertClose, softmax } from '../support/numbers.ts';
import { withServer } from '../support/server.ts';
import { openTinyBert as open, tinyBertExpected } from '../support/tiny-bert-onnx.ts';

test('an ONNX embedding model, a cross-encoder and a classifier are served side by side, on every path that has to do with what they do', async () => {
  const models = [await open('embed'), await open('rank'), await open('classify')];
  const [vectors, ranks, judges] = models.map(({ info }) => info.id);
  const close = (got: unknown, expected: readonly number[]): void =>
    assertClose(Array.isArray(got) ? got.map(Number) : [], expected, 'over HTTP', 1e-4);
  const [embedded] = tinyBertExpected('embed');
  const pairs = tinyBertExpected('rank');
  const judged = tinyBertExpected('classify').find(({ pair }) => pair === undefined);
  const probabilities = softmax(judged?.logits ?? []);
  await withServer({ models }, async ({ url, post }) => {
    const json = async (path: string, body: object): Promise<unknown> => (await post(path, body)).json();
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    const { data } = await client.embeddings.create({ model: vectors ?? '', input: embedded?.text ?? '' });
    close(data[0]?.embedding, embedded?.mean ?? []);
    const wrapped = await json('/llm/', { inputs: embedded?.text, model: vectors });
    close(at(wrapped, 'data', 'response', 'data', '0', 'embedding'), embedded?.mean ?? []);
    close(await json(`/models/${vectors}`, { inputs: embedded?.text }), embedded?.mean ?? []);

    const documents = pairs.map(({ pair }) => pair);
    const best = pairs.toSorted((a, b) => (b.logits[0] ?? 0) - (a.logits[0] ?? 0))[0]?.pair;
    const ask = { query: pairs[0]?.text, documents, top_n: 1, return_documents: true };
    assert.equal(at(await json('/v1/rerank', ask), 'results', '0', 'document', 'text'), best);
    const ranked = await json('/llm/', { ...ask, model: ranks });
    assert.equal(at(ranked, 'data', 'response', 'results', '0', 'document', 'text'), best);

    close(at(await json('/v1/classify', { input: judged?.text }), 'data', '0', 'probs'), probabilities);
    const hosted = await json(`/models/${judges}`, { inputs: judged?.text });
    close([at(hosted, '0', '0', 'score')], [Math.max(...probabilities)]);
    assert.equal((await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] })).status, 501);
  });
  await Promise.all(models.map((model) => model.dispose()));
});
