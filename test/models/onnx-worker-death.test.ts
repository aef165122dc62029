import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { Served } from '../../src/compose.ts';
import { tinyGguf, tinyOnnx } from '../support/engines.ts';
import { postJson, serveReal } from '../support/real-server.ts';
import { until } from '../support/server.ts';
import { tinyGolden } from '../support/tiny-model.ts';

/** The threads of this process that live, as Node tells of them. */
const threads = new Set<Worker>();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

let served: Served;
before(async () => {
  const model = [tinyGguf.path, tinyOnnx.path];
  served = await serveReal({
    model,
    alias: ['gguf', 'onnx'],
    contextSize: 2048,
    parallel: 2,
    threads: 1,
    preload: true,
  });
});
after(() => served.close());

interface Reply {
  content?: string;
  tokens?: number[];
  error?: { message: string; code: number };
}

async function complete(model: string, count = 32): Promise<{ status: number; body: Reply }> {
  const body = { prompt: tinyGolden.prompt, n_predict: count, temperature: 0, ignore_eos: true, return_tokens: true };
  const reply = await postJson(`${served.url}/completion`, { model, ...body });
  return { status: reply.status, body: reply.body as Reply };
}

/** Kills the model's thread as a crash of the runtime would. */
async function kill(): Promise<void> {
  assert.equal(threads.size, 1);
  // The next one is started while this one is on its way out.
  const [thread] = threads;
  await thread?.terminate();
}

test('whoever is answered when the thread dies gets a 503 that says so, and other models go on', async () => {
  const long = [complete('onnx', 1900), complete('onnx', 1900)];
  const other = complete('gguf', 1000);
  await sleep(150);
  await kill();
  for (const { status, body } of await Promise.all(long)) {
    assert.equal(status, 503, JSON.stringify(body));
    assert.match(body.error?.message ?? '', /failed while it computed this answer; try again/);
  }
  const { status, body } = await other;
  assert.equal(status, 200);
  assert.equal(body.tokens?.length, 1000);
});

test('the next request is answered by a new thread, with the same tokens', async () => {
  const { status, body } = await complete('onnx');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.tokens, tinyGolden.greedy);
});

test('a thread that dies while nobody asks is missed by nobody', async () => {
  await kill();
  await until(() => threads.size === 1, 'there is another thread');
  const { status, body } = await complete('onnx');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.tokens, tinyGolden.greedy);
});

test('a model whose thread dies a fourth time within a minute has failed, until it is loaded again', async () => {
  await kill();
  await until(() => threads.size === 1, 'there is another thread');
  assert.equal((await complete('onnx')).status, 200);
  await kill();
  const { status, body } = await complete('onnx');
  assert.equal(status, 503, JSON.stringify(body));
  while ((await stateOf('onnx')) === 'unloading') await sleep(10);
  assert.equal(await stateOf('onnx'), 'failed');
  assert.equal(threads.size, 0);
  assert.equal((await complete('gguf')).status, 200);
  const loaded = await postJson(`${served.url}/models/load`, { model: 'onnx' });
  assert.equal(loaded.status, 200, JSON.stringify(loaded.body));
  const again = await complete('onnx');
  assert.deepEqual([again.status, again.body.tokens], [200, tinyGolden.greedy]);
});

async function stateOf(id: string): Promise<string | undefined> {
  const { data } = (await (await fetch(`${served.url}/v1/models`)).json()) as { data: { id: string; state: string }[] };
  return data.find((model) => model.id === id)?.state;
}
