import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../support/at.ts';
import { tinyGguf } from '../support/engines.ts';
import { killThread, liveThreads, replaceThread, settledModel } from '../support/model-threads.ts';
import { postJson, serveReal } from '../support/real-server.ts';
import { tinyBertFolder } from '../support/tiny-bert-onnx.ts';

const reason =
  /^The model has failed and must be loaded again\. Its thread has ended 4 times within a minute \(exit code 1\)\.$/;

/** What each kind of model is asked. */
const asked = {
  embed: { path: '/v1/embeddings', body: { input: ['hello there', 'hello'] } },
  rank: { path: '/v1/rerank', body: { query: 'hello', documents: ['hello there', 'there'] } },
  classify: { path: '/v1/classify', body: { input: 'hello there' } },
};

for (const task of ['embed', 'rank', 'classify'] as const) {
  test(`a model that can ${task} and whose thread dies a fourth time within a minute has failed, until it is loaded again`, async () => {
    const served = await serveReal({
      model: [tinyGguf.path, tinyBertFolder(task)],
      alias: ['gguf', 'onnx'],
      threads: 1,
      preload: true,
    });
    const ask = async () => {
      const { status, body } = await postJson(`${served.url}${asked[task].path}`, {
        model: 'onnx',
        ...asked[task].body,
      });
      return [status, at(body, task === 'rank' ? 'results' : 'data')];
    };
    try {
      const first = await ask();
      assert.equal(first[0], 200);
      for (let time = 0; time < 3; time += 1) {
        await replaceThread();
        assert.deepEqual(await ask(), first);
      }
      await killThread();
      const failed = await settledModel(served.url, 'onnx');
      assert.equal(failed?.state, 'failed');
      assert.match(failed.error ?? '', reason);
      assert.equal(liveThreads(), 0);
      assert.equal((await postJson(`${served.url}/models/load`, { model: 'onnx' })).status, 200);
      assert.deepEqual(await ask(), first);
      assert.equal((await settledModel(served.url, 'onnx'))?.state, 'ready');
    } finally {
      await served.close();
    }
  });
}

test('a server whose only model is an encoder that failed for good ends, with the reason', async () => {
  const served = await serveReal({ model: [tinyBertFolder('embed')], threads: 1 });
  try {
    for (let time = 0; time < 3; time += 1) {
      await replaceThread();
      // What dies while it starts is not started again.
      const { status } = await postJson(`${served.url}${asked.embed.path}`, asked.embed.body);
      assert.equal(status, 200);
    }
    await killThread();
    await assert.rejects(served.closed, { message: reason });
  } finally {
    await served.close();
  }
});

test('a model whose thread dies while it starts again has failed too', async () => {
  const served = await serveReal({
    model: [tinyGguf.path, tinyBertFolder('embed')],
    alias: ['gguf', 'onnx'],
    preload: true,
  });
  try {
    await replaceThread();
    await killThread();
    const failed = await settledModel(served.url, 'onnx');
    assert.equal(failed?.state, 'failed');
    assert.match(failed.error ?? '', /must be loaded again\. The model's thread has ended \(exit code \d\)\.$/);
  } finally {
    await served.close();
  }
});
