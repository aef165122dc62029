import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { at } from '../support/at.ts';
import { FakeModel } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';

test('logs one line a request, with its counts and times, and no prompt and no key', async () => {
  await withServer({ settings: { apiKeys: ['secret-key'] } }, async ({ post, url, lines, logText }) => {
    const headers = { authorization: 'Bearer secret-key', 'x-request-id': 'my-id' };
    const reply = await post('/llm/?key=secret-query', { inputs: 'secret prompt' }, { headers });
    assert.equal(reply.headers.get('x-request-id'), 'my-id');
    await post('/llm/', { inputs: 'secret prompt', temperature: 'secret' }, { headers });
    await post('/llm/', '{"inputs": "secret prompt', { headers });
    await post('/llm/', {}, { headers: { authorization: 'Bearer wrong-secret' } });
    await fetch(`${url}/health`);
    await until(() => lines.length === 5, 'all are logged');
    const [line, wrong] = lines;
    const { time, pid, hostname, totalMs, ...rest } = line ?? {};
    assert.ok(typeof totalMs === 'number' && totalMs > 0 && time && pid && hostname);
    assert.deepEqual(rest, {
      level: 30,
      id: 'my-id',
      method: 'POST',
      path: '/llm/',
      status: 200,
      model: 'fake',
      promptTokens: 5,
      completionTokens: 3,
      cachedTokens: 2,
      queueMs: 1,
      firstTokenMs: 2,
      msg: 'request',
    });
    assert.deepEqual([wrong?.['status'], wrong?.['error'], wrong?.['param']], [400, 'invalid_request', 'temperature']);
    assert.deepEqual(
      lines.map((one) => [one['status'], one['level']]),
      [
        [200, 30],
        [400, 30],
        [400, 30],
        [401, 30],
        [200, 20],
      ],
    );
    assert.doesNotMatch(logText(), /secret/);
    assert.doesNotMatch(logText(), /Hello/);
  });
});

test('gives back a sane request id and makes one in place of others', async () => {
  await withServer({}, async ({ url }) => {
    const idOf = async (given: string): Promise<string | null> =>
      (await fetch(`${url}/healthz`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    for (const sane of ['a', 'req-1_2.3:4/5@6+7=', 'x'.repeat(128)]) assert.equal(await idOf(sane), sane);
    for (const other of ['two words', 'x'.repeat(129), '<b>', '"'])
      assert.match((await idOf(other)) ?? '', /^[0-9a-f-]{36}$/);
    assert.match((await fetch(`${url}/nothing`)).headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  });
});

test('logs why a model failed', async () => {
  const error = new InferenceError('model_failed', 'It failed.', { cause: new Error('out of blocks') });
  await withServer({ model: new FakeModel(() => [{ type: 'fail', error }]) }, async ({ post, lines }) => {
    await post('/llm/', { inputs: 'Hi' });
    await until(() => lines.length === 1, 'it is logged');
    assert.equal(lines[0]?.['level'], 50);
    assert.equal(at(lines, 0, 'err', 'message'), 'out of blocks');
  });
});
