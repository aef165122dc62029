import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { at } from '../support/at.ts';
import { FakeModel } from '../support/fake-model.ts';
import { letterClassifier, letterEmbedder, letterRanker } from '../support/letter-embedder.ts';
import { samplesOf, scrape } from '../support/scrape.ts';
import { until, withServer } from '../support/server.ts';

test('classification goes to the first model that can, and the log, the metrics and the list of models know it', async () => {
  const models = [new FakeModel(undefined, 'chat'), letterClassifier()];
  await withServer({ models }, async ({ url, post, lines }) => {
    for (const path of ['/v1/classify', '/classify']) {
      const reply = (await (await post(path, { input: 'abc' })).json()) as { data: { label: string }[]; id: string };
      assert.deepEqual([reply.data.map(({ label }) => label), /^classify-\w{32}$/.test(reply.id)], [['short'], true]);
    }
    assert.equal((await post('/predict', { inputs: 'abc' })).status, 200);
    await until(() => lines.filter(({ msg }) => msg === 'request').length === 3, 'all are logged');
    assert.deepEqual(
      lines.map(({ status, model, promptTokens }) => [status, model, promptTokens]),
      Array.from({ length: 3 }, () => [200, 'judges', 5]),
    );
    assert.deepEqual(samplesOf(await scrape(url), 'hearth_inputs_total'), { '{model="judges"}': 3 });
    const listed = (await (await fetch(`${url}/v1/models/judges`)).json()) as Record<string, unknown>;
    assert.deepEqual([listed['tasks'], listed['labels']], [['classify'], ['short', 'long', 'none']]);
  });
});

test('/llm/ and hosted inference answer for what the model does that is asked for', async () => {
  const models = [new FakeModel(undefined, 'chat'), letterClassifier(), letterRanker(), letterEmbedder()];
  await withServer({ models }, async ({ post }) => {
    const json = async (path: string, body: object): Promise<Record<string, Record<string, unknown>>> =>
      (await (await post(path, body)).json()) as Record<string, Record<string, unknown>>;
    assert.equal((await json('/llm/', { inputs: 'Hi' }))['response'], 'Hello world');
    const judged = await json('/llm/', { inputs: 'abc', model: 'judges' });
    assert.equal(at(judged, 'data', 'response', 'model'), 'judges');
    const ranked = await json('/llm/', { query: 'a', documents: ['b'], model: 'ranks' });
    assert.equal(at(ranked, 'data', 'response', 'model'), 'ranks');
    const hosted = (await json('/models/judges', { inputs: 'abc' })) as unknown as { label: string }[][];
    assert.equal(hosted[0]?.[0]?.label, 'short');
    const vector = (await json('/models/vectors', { inputs: 'abc' })) as unknown as number[];
    assert.equal(vector.length, 4);
    const text = (await json('/models/chat', { inputs: 'Hi' })) as unknown as { generated_text: string }[];
    assert.match(text[0]?.generated_text ?? '', /^Hi/);
    assert.equal((await post('/models/ranks', { inputs: 'abc' })).status, 400);
    assert.equal((await post('/models/gone', { inputs: 'abc' })).status, 404);
  });
  await withServer({ models: [letterClassifier()] }, async ({ post }) => {
    const hosted = (await (await post('/models/owner/any', { inputs: ['abc', 'd'] })).json()) as unknown[];
    assert.equal(hosted.length, 2);
    assert.equal((await post('/llm/', { inputs: 'abc' })).status, 200);
  });
  await withServer({}, async ({ post }) => {
    for (const path of ['/v1/classify', '/classify']) assert.equal((await post(path, { input: 'a' })).status, 501);
    for (const path of ['/predict', '/llm/classify']) assert.equal((await post(path, { inputs: 'a' })).status, 501);
  });
});

test('what no engine can do is a 501 in the form of its dialect, whatever is sent', async () => {
  await withServer({}, async ({ url, post }) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
    const file = (): File => new File([new Uint8Array(100_000)], 'a.wav');
    const model = 'any';
    const calls: [string, () => Promise<unknown>][] = [
      ['Text to speech', () => client.audio.speech.create({ model, input: 'a', voice: 'alloy' })],
      ['Speech to text', () => client.audio.transcriptions.create({ model, file: file() })],
      ['Translating speech', () => client.audio.translations.create({ model, file: file() })],
      ['Making images', () => client.images.generate({ prompt: 'a' })],
      ['Editing images', () => client.images.edit({ prompt: 'a', image: file() })],
      ['Varying images', () => client.images.createVariation({ image: file() })],
    ];
    for (const [what, call] of calls) {
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof OpenAI.APIError, String(error));
        assert.deepEqual([error.status, error.code, error.type], [501, 'unsupported', 'invalid_request_error']);
        assert.match(error.message, new RegExp(`${what} is not there yet: no engine of this server can do it\\.$`));
        return true;
      });
    }
    const images = await post('/llm/images', { inputs: 'a cat' });
    assert.equal(images.status, 501);
    assert.deepEqual(await images.json(), {
      error: {
        message: 'Making images is not there yet: no engine of this server can do it.',
        code: 'unsupported',
        param: null,
      },
    });
    assert.equal((await fetch(`${url}/v1/audio/speech`)).status, 405);
  });
});
