import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { InferenceError } from '../../src/contract/errors.ts';
import { Registry, type Puller } from '../../src/runtime/registry.ts';
import { FakeSource } from '../support/fake-source.ts';
import { at } from '../support/at.ts';
import { scrape } from '../support/scrape.ts';
import { until, withServer } from '../support/server.ts';

function hostOf(puller?: Puller): { host: Registry; sources: FakeSource[] } {
  const host = new Registry({ budget: 2, puller });
  const sources = ['a', 'b', 'c'].map((id) => new FakeSource(id, 1));
  for (const source of sources) host.add(source);
  return { host, sources };
}

const states = async (url: string): Promise<unknown[]> => {
  const list = (await (await fetch(`${url}/models`)).json()) as { data: { id: string; state: string }[] };
  return list.data.map(({ id, state }) => `${id} ${state}`);
};

test('a request loads its model, others make room, and the list, health and metrics tell the states', async () => {
  const { host } = hostOf();
  await withServer({ host }, async ({ url, post }) => {
    assert.deepEqual(await states(url), ['a unloaded', 'b unloaded', 'c unloaded']);
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok', models: { unloaded: 3 } });
    for (const model of ['a', 'b', 'c']) {
      const reply = await post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }] });
      assert.equal(at(await reply.json(), 'model'), model);
    }
    assert.deepEqual(await states(url), ['a unloaded', 'b ready', 'c ready']);
    assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { status: 'ok', models: { unloaded: 1, ready: 2 } });
    const samples = await scrape(url);
    assert.equal(samples.get('hearth_model_state{model="a",state="unloaded"}'), 1);
    assert.equal(samples.get('hearth_model_state{model="b",state="ready"}'), 1);
    assert.equal(samples.get('hearth_model_memory_bytes{model="c"}'), 1);
    assert.equal(samples.get('hearth_memory_budget_bytes'), 2);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    assert.deepEqual(
      (await client.models.list()).data.map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    await assert.rejects(client.models.retrieve('gpt-4'), OpenAI.NotFoundError);
  });
});

test('models are loaded, unloaded and taken off the list by hand', async () => {
  const { host, sources } = hostOf();
  await withServer({ host }, async ({ url, post }) => {
    const loaded = (await (await post('/models/load', { model: 'a' })).json()) as object;
    assert.deepEqual([at(loaded, 'success'), at(loaded, 'model', 'state')], [true, 'ready']);
    assert.equal(at(await (await post('/models/unload', { model: 'a' })).json(), 'model', 'state'), 'unloaded');
    assert.equal(sources[0]?.resident, false);
    await post('/models/load', { model: 'a', keep_alive: 0 });
    await until(async () => (await states(url))[0] === 'a unloaded', 'it goes at once');
    assert.equal((await post('/models/load', { model: 'x' })).status, 404);
    assert.equal((await post('/models/load', { model: '' })).status, 400);
    assert.equal((await post('/models/load', { model: 'a', keep_aliv: 1 })).status, 400);
    const removed = await fetch(`${url}/models/b`, { method: 'DELETE' });
    assert.deepEqual(await removed.json(), { id: 'b', object: 'model', deleted: true });
    const again = await fetch(`${url}/models/b`, { method: 'DELETE' });
    assert.equal(again.status, 404);
    assert.equal(at(await again.json(), 'error', 'message'), 'There is no model b; this server has: a, c.');
    // The hosted models' form is still there beside these words.
    const hosted = await post('/models/c', { inputs: 'Hi' });
    assert.deepEqual(await hosted.json(), [{ generated_text: 'HiHello world' }]);
  });
});

test('keep_alive is taken on every path of text, in seconds or with a unit', async () => {
  const { host } = hostOf();
  await withServer({ host }, async ({ url, post }) => {
    const gone = async (): Promise<boolean> => (await states(url))[0] === 'a unloaded';
    for (const [path, body] of [
      ['/llm/', { inputs: 'Hi' }],
      ['/v1/completions', { prompt: 'Hi' }],
      ['/v1/responses', { input: 'Hi' }],
      ['/completion', { prompt: 'Hi' }],
    ] as const) {
      assert.equal((await post(path, { model: 'a', ...body, keep_alive: '-1' })).status, 200, path);
      assert.equal(await gone(), false, path);
      assert.equal((await post(path, { model: 'a', ...body, keep_alive: '0s' })).status, 200, path);
      await until(gone, 'it goes at once');
      const refused = await post(path, { model: 'a', ...body, keep_alive: 'soon' });
      assert.equal(refused.status, 400, path);
    }
    assert.equal((await post('/llm/', { model: 'a', inputs: 'Hi', keep_alive: '20ms' })).status, 200);
    await until(gone, 'its time is over');
  });
});

test('a model that cannot be loaded is told in the form of the path, streams included', async () => {
  const { host, sources } = hostOf();
  for (const source of sources) source.failures = [new InferenceError('model_failed', 'The file is cut off.')];
  await withServer({ host }, async ({ post }) => {
    const stream = { model: 'a', messages: [{ role: 'user', content: 'Hi' }], stream: true };
    const reply = await post('/v1/chat/completions', stream);
    assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '1']);
    assert.equal(at(await reply.json(), 'error', 'message'), 'The file is cut off.');
    const second = await post('/llm/', { model: 'b', inputs: 'Hi' });
    assert.deepEqual(await second.json(), {
      error: { message: 'The file is cut off.', code: 'model_failed', param: null },
    });
  });
});

test('a model is fetched with its progress as events, or in one reply', async () => {
  const puller: Puller = {
    async *pull(name) {
      if (name === 'hf:no/such') throw new InferenceError('model_not_found', 'There is no repository no/such.');
      yield { file: 'm.gguf', doneBytes: 1, totalBytes: 2 };
      yield { file: 'm.gguf', doneBytes: 2, totalBytes: 2 };
      return new FakeSource(name, 1);
    },
  };
  const { host } = hostOf(puller);
  await withServer({ host }, async ({ url, post }) => {
    const reply = await post('/models/pull', { model: 'hf:x/y' });
    assert.match(reply.headers.get('content-type') ?? '', /event-stream/);
    const frames = (await reply.text()).trim().split('\n\n');
    const events = frames.map((frame): unknown => JSON.parse(frame.replace(/^data: /, '')));
    assert.deepEqual(events.slice(0, 2), [
      { status: 'downloading', file: 'm.gguf', completed: 1, total: 2 },
      { status: 'downloading', file: 'm.gguf', completed: 2, total: 2 },
    ]);
    assert.deepEqual([at(events[2], 'success'), at(events[2], 'model', 'id')], [true, 'hf:x/y']);
    const whole = await post('/models/pull', { model: 'hf:x/z', stream: false });
    assert.equal(at(await whole.json(), 'model', 'state'), 'unloaded');
    assert.deepEqual((await states(url)).slice(3), ['hf:x/y unloaded', 'hf:x/z unloaded']);
    const missing = await post('/models/pull', { model: 'hf:no/such' });
    assert.deepEqual([missing.status, at(await missing.json(), 'error', 'code')], [404, 'model_not_found']);
  });
});

test('all of it wants a key where there are keys', async () => {
  const { host } = hostOf();
  await withServer({ host, settings: { apiKeys: ['one'] } }, async ({ url, post }) => {
    for (const path of ['load', 'unload', 'pull'])
      assert.equal((await post(`/models/${path}`, { model: 'a' })).status, 401);
    assert.equal((await fetch(`${url}/models/a`, { method: 'DELETE' })).status, 401);
    assert.equal((await fetch(`${url}/models`)).status, 401);
    const health: unknown = await (await fetch(`${url}/health`)).json();
    assert.deepEqual(health, { status: 'ok', models: { unloaded: 3 } });
  });
});
