import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Served } from '../../src/compose.ts';
import { tinyGguf, tinyOnnx } from '../support/engines.ts';
import { killThread, liveThreads, replaceThread, settledModel } from '../support/model-threads.ts';
import { postJson, serveReal } from '../support/real-server.ts';
import { tinyGolden } from '../support/tiny-model.ts';

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

test('whoever is answered when the thread dies gets a 503 that says so, and other models go on', async () => {
  const long = [complete('onnx', 1900), complete('onnx', 1900)];
  const other = complete('gguf', 1000);
  await sleep(150);
  await killThread();
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
  await replaceThread();
  const { status, body } = await complete('onnx');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.tokens, tinyGolden.greedy);
});

test('a model whose thread dies a fourth time within a minute has failed, until it is loaded again', async () => {
  await replaceThread();
  assert.equal((await complete('onnx')).status, 200);
  await killThread();
  const { status, body } = await complete('onnx');
  assert.equal(status, 503, JSON.stringify(body));
  const failed = await settledModel(served.url, 'onnx');
  assert.equal(failed?.state, 'failed');
  assert.match(
    failed.error ?? '',
    /^The model has failed and must be loaded again\. Its thread has ended 4 times within a minute/,
  );
  assert.equal(liveThreads(), 0);
  assert.equal((await complete('gguf')).status, 200);
  const loaded = await postJson(`${served.url}/models/load`, { model: 'onnx' });
  assert.equal(loaded.status, 200, JSON.stringify(loaded.body));
  const again = await complete('onnx');
  assert.deepEqual([again.status, again.body.tokens], [200, tinyGolden.greedy]);
});
