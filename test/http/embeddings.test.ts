import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { FakeModel } from '../support/fake-model.ts';
import { letterEmbedder, letterRanker } from '../support/letter-embedder.ts';
import { samplesOf, scrape } from '../support/scrape.ts';
import { until, withServer } from '../support/server.ts';

function models(): [FakeModel, ReturnType<typeof letterEmbedder>, ReturnType<typeof letterRanker>] {
  return [new FakeModel(undefined, 'chat'), letterEmbedder(), letterRanker()];
}

/** Of a text that begins with this letter and has so many tokens with those around it. */
function vector(letter: string, tokens: number): number[] {
  const length = Math.hypot(letter.charCodeAt(0), tokens);
  return [...Float32Array.of(letter.charCodeAt(0) / length, tokens / length, 0, 0)];
}

test('the openai package makes embeddings, in base64 as it asks for by default and in numbers', async () => {
  await withServer({ models: models() }, async ({ url }) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
    const input = ['Hello', 'a'];
    const usage = { prompt_tokens: 10, total_tokens: 10 };
    const byDefault = await client.embeddings.create({ model: 'vectors', input });
    assert.equal(byDefault.model, 'vectors');
    assert.deepEqual(byDefault.usage, usage);
    assert.deepEqual(
      byDefault.data.map((one) => [one.object, one.index, [...one.embedding]]),
      [
        ['embedding', 0, vector('H', 7)],
        ['embedding', 1, vector('a', 3)],
      ],
    );
    const inNumbers = await client.embeddings.create({ model: 'vectors', input, encoding_format: 'float' });
    assert.deepEqual(
      inNumbers.data.map(({ embedding }) => embedding),
      [vector('H', 7), vector('a', 3)],
    );
    assert.deepEqual(inNumbers.usage, usage);
    const base64 = await client.embeddings.create({ model: 'vectors', input, encoding_format: 'base64' });
    assert.equal(
      String(base64.data[1]?.embedding),
      Buffer.from(Float32Array.from(vector('a', 3)).buffer).toString('base64'),
    );
    const tokens = await client.embeddings.create({
      model: 'vectors',
      input: [[97], [98, 99]],
      dimensions: 2,
      user: 'me',
    });
    assert.deepEqual(
      tokens.data.map(({ embedding }) => embedding.length),
      [2, 2],
    );
    const single = await client.embeddings.create({ model: 'vectors', input: [98, 99] });
    assert.deepEqual(
      single.data.map(({ embedding }) => [...embedding]),
      [vector('b', 4)],
    );
  });
});

test('the openai package gets its own error classes, and lists the models with their tasks', async () => {
  await withServer({ models: models() }, async ({ url }) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
    const create = (model: string, input: string) => client.embeddings.create({ model, input });
    await assert.rejects(create('vectors', 'a'.repeat(19)), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.deepEqual([error.code, error.param], ['context_length_exceeded', 'input']);
      return true;
    });
    await assert.rejects(create('other', 'a'), OpenAI.NotFoundError);
    await assert.rejects(create('chat', 'a'), OpenAI.BadRequestError);
    const { data } = await client.models.list();
    assert.deepEqual(
      (data as { id: string; tasks?: string[]; dimensions?: number }[]).map((one) => [
        one.id,
        one.tasks,
        one.dimensions,
      ]),
      [
        ['chat', ['generate'], undefined],
        ['vectors', ['embed'], 4],
        ['ranks', ['rank'], undefined],
      ],
    );
    assert.equal((await client.models.retrieve('vectors')).id, 'vectors');
  });
});

test('each request goes to the first model that can, and the log and the metrics know which it was', async () => {
  await withServer({ models: models() }, async ({ url, post, lines }) => {
    const bodies: [string, object][] = [
      ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
      ['/v1/embeddings', { input: ['abc', 'd'] }],
      ['/embeddings', { input: 'a' }],
      ['/v1/rerank', { query: 'a', documents: ['b', 'cd'] }],
      ['/rerank', { query: 'a', texts: ['b'] }],
      ['/v1/embeddings', { input: 'a'.repeat(30) }],
    ];
    for (const [path, body] of bodies) await (await post(path, body)).text();
    await until(() => lines.filter(({ msg }) => msg === 'request').length === bodies.length, 'all are logged');
    assert.deepEqual(
      lines.map(({ path, status, model, promptTokens }) => [path, status, model, promptTokens]),
      [
        ['/v1/chat/completions', 200, 'chat', 5],
        ['/v1/embeddings', 200, 'vectors', 8],
        ['/embeddings', 200, 'vectors', 3],
        ['/v1/rerank', 200, 'ranks', 11],
        ['/rerank', 200, 'ranks', 5],
        ['/v1/embeddings', 400, 'vectors', undefined],
      ],
    );
    const samples = await scrape(url);
    assert.deepEqual(samplesOf(samples, 'hearth_inputs_total'), { '{model="vectors"}': 3, '{model="ranks"}': 3 });
    assert.deepEqual(samplesOf(samples, 'hearth_input_tokens_total'), {
      '{model="vectors"}': 11,
      '{model="ranks"}': 16,
    });
    assert.equal(samples.get('hearth_slots{model="ranks"}'), 2);
    assert.equal(samples.get('hearth_queue_seconds_count{model="vectors"}'), 2);
    assert.deepEqual(samplesOf(samples, 'hearth_prompt_tokens_read_total'), {});
    assert.deepEqual(samplesOf(samples, 'hearth_requests_total'), {
      '{route="/v1/chat/completions",status="200"}': 1,
      '{route="/v1/embeddings",status="200"}': 1,
      '{route="/v1/embeddings",status="400"}': 1,
      '{route="/embeddings",status="200"}': 1,
      '{route="/v1/rerank",status="200"}': 1,
      '{route="/rerank",status="200"}': 1,
    });
  });
});

test('every path of it wants a key where there are keys, and answers errors in its own form', async () => {
  await withServer({ models: models(), settings: { apiKeys: ['one'] } }, async ({ url, post }) => {
    for (const path of ['/embeddings', '/v1/embeddings', '/rerank', '/v1/rerank', '/llm/embeddings']) {
      const refused = await post(path, { input: 'a' });
      assert.equal(refused.status, 401, path);
      const { error } = (await refused.json()) as { error: Record<string, unknown> };
      assert.equal('type' in error, path !== '/llm/embeddings', path);
    }
    assert.equal((await fetch(`${url}/models`)).status, 401);
    assert.equal((await fetch(`${url}/models`, { headers: { 'x-api-key': 'one' } })).status, 200);
    assert.equal((await fetch(`${url}/embeddings`, { headers: { 'x-api-key': 'one' } })).status, 405);
  });
});

test("post_api_embedding's two forms: /llm/embeddings, and /llm/ where a model makes no text", async () => {
  interface Reply {
    data: { embedding: number[]; index: number }[] & { response: { data: { embedding: number[]; index: number }[] } };
  }
  const [chat, vectors] = models();
  await withServer({ models: [chat, vectors] }, async ({ post }) => {
    const list = (await (await post('/llm/embeddings', { inputs: ['abc', 'd'] })).json()) as Reply;
    assert.deepEqual(
      list.data.map(({ embedding, index }) => [index, embedding]),
      [
        [0, vector('a', 5)],
        [1, vector('d', 3)],
      ],
    );
    // The first model that can: chat.
    const text = (await (await post('/llm/', { inputs: 'Hi' })).json()) as { response: string };
    assert.equal(text.response, 'Hello world');
    const named = (await (await post('/llm/', { messages: 'abc', model: 'vectors' })).json()) as Reply;
    assert.deepEqual(named.data.response.data, [list.data[0]]);
  });
  await withServer({ models: [vectors] }, async ({ post }) => {
    const only = (await (await post('/llm/', { inputs: 'abc', model: 'whatever' })).json()) as Reply;
    assert.deepEqual(
      only.data.response.data.map(({ embedding }) => embedding),
      [vector('a', 5)],
    );
    const argument = await post('/llm/', { inputs: 'abc', max_length: 5 });
    assert.equal(argument.status, 400);
    assert.match(await argument.text(), /max_length is not known/);
    const none = await post('/llm/embeddings', {});
    assert.equal(none.status, 400);
    assert.match(await none.text(), /give a string or a list of strings under inputs or messages/);
  });
  await withServer({}, async ({ post }) => {
    assert.equal((await post('/llm/embeddings', { inputs: 'a' })).status, 501);
    assert.equal((await post('/v1/embeddings', { input: 'a' })).status, 501);
    assert.equal((await post('/v1/rerank', { query: 'a', documents: ['b'] })).status, 501);
  });
});

test('more requests than may wait get 429, and a client that leaves makes room', async () => {
  const model = letterEmbedder('vectors', { maxQueue: 0, until: new Promise(() => {}) });
  await withServer({ models: [model] }, async ({ post, lines }) => {
    const leaving = new AbortController();
    const held = ['a', 'b'].map((input) => post('/v1/embeddings', { input }, { signal: leaving.signal }));
    const gone = Promise.allSettled(held);
    await until(() => model.inputs.length === 2, 'both are being computed');
    const refused = await post('/v1/embeddings', { input: 'c' });
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
    leaving.abort();
    await gone;
    await until(() => lines.filter(({ status }) => status === 499).length === 2, 'both have left');
    assert.equal((await post('/v1/embeddings', { input: '' })).status, 400);
  });
});
