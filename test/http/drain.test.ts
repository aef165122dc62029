import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { GenerateRequest } from '../../src/contract/generate.ts';
import { at } from '../support/at.ts';
import { FakeModel, hello, stall, start } from '../support/fake-model.ts';
import type { Step } from '../support/fake-model.ts';
import { createServer, keptLog, until, withServer } from '../support/server.ts';

test('answers 503 on every path but /healthz until it is ready', async () => {
  await withServer({ loading: true }, async ({ url, post, server }) => {
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    for (const path of ['/readyz', '/health']) {
      const reply = await fetch(url + path);
      assert.equal(reply.status, 503);
      assert.equal(reply.headers.get('retry-after'), '2');
      assert.deepEqual(await reply.json(), { status: 'loading', models: { ready: 1 } });
    }
    const refused = await post('/v1/chat/completions', {});
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '2']);
    assert.equal(at(await refused.json(), 'error', 'code'), 'loading');
    server.ready();
    for (const path of ['/readyz', '/health']) {
      assert.deepEqual(await (await fetch(url + path)).json(), { status: 'ok', models: { ready: 1 } });
    }
    assert.equal((await post('/llm/', { inputs: 'Hi' })).status, 200);
    assert.equal((await fetch(`${url}/health`, { method: 'POST' })).headers.get('allow'), 'GET, HEAD, OPTIONS');
  });
});

test('finishes running work while it drains, refuses new work, then closes', async () => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const script: Step[] = [{ type: 'wait', until: released }, ...hello];
  await withServer({ model: new FakeModel(() => script) }, async ({ url, post, model, server }) => {
    const running = post('/llm/', { inputs: 'Hi' });
    await until(() => model.running === 1, 'it runs');
    const drained = server.drain();
    const refused = await post('/llm/', { inputs: 'Hi' });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '5');
    assert.equal(refused.headers.get('connection'), 'close');
    assert.equal(at(await refused.json(), 'error', 'code'), 'draining');
    const health = await fetch(`${url}/readyz`);
    assert.equal(health.status, 503);
    assert.deepEqual(await health.json(), { status: 'draining', models: { ready: 1 } });
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    release();
    const reply = await running;
    assert.equal(reply.status, 200);
    assert.equal(at(await reply.json(), 'response'), 'Hello world');
    await drained;
    await assert.rejects(fetch(`${url}/healthz`), TypeError);
    assert.equal(model.requests.length, 1);
  });
});

test('aborts what still runs after the drain timeout, with a 503 or an error frame', async () => {
  const script: Step[] = [start, stall];
  await withServer(
    { model: new FakeModel(() => script), settings: { drainTimeoutMs: 50 } },
    async ({ post, model, server }) => {
      const json = post('/llm/', { inputs: 'Hi' });
      const stream = post('/llm/', { inputs: 'Hi', stream: true });
      await until(() => model.running === 2, 'both run');
      assert.equal((await stream).status, 200);
      const begun = performance.now();
      await server.drain();
      assert.ok(performance.now() - begun < 1500);
      assert.equal((await json).status, 503);
      const error =
        '{"error":{"message":"The server is shutting down; try again in a few seconds.","code":"draining","param":null}}';
      assert.equal(await (await json).text(), error);
      assert.equal(await (await stream).text(), `data: ${error}\n\n`);
      assert.deepEqual(
        model.aborted.map((one) => one.code),
        ['draining', 'draining'],
      );
    },
  );
});

test('does not wait for idle sockets, nor for ones that never sent a request', async () => {
  await withServer({ settings: { drainTimeoutMs: 5_000 } }, async ({ url, server }) => {
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => get(`${url}/healthz`, { agent }, (res) => res.resume().on('end', resolve)));
    const silent = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const begun = performance.now();
    await server.drain();
    assert.ok(performance.now() - begun < 1000);
    agent.destroy();
    silent.destroy();
  });
});

test('closes although a model ignores its signal', async () => {
  class Deaf extends FakeModel {
    override generate(request: GenerateRequest): ReturnType<FakeModel['generate']> {
      return super.generate(request, new AbortController().signal);
    }
  }
  const settings = { drainTimeoutMs: 20 };
  await withServer({ model: new Deaf(() => [start, stall]), settings }, async ({ post, model, server }) => {
    const reply = assert.rejects(post('/llm/', { inputs: 'Hi' }), TypeError);
    await until(() => model.running === 1, 'it runs');
    await server.drain();
    await reply;
  });
});

test('says which port is taken, and drains before it ever listened', async () => {
  await withServer({}, async ({ url, model }) => {
    const second = createServer({}, model, keptLog().log);
    await assert.rejects(second.listen('127.0.0.1', Number(new URL(url).port)), { code: 'EADDRINUSE' });
    assert.equal(await second.drain(), undefined);
  });
});
