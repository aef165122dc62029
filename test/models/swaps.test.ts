import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { swapModels } from '../support/model-swaps.ts';
import { serveReal } from '../support/real-server.ts';
import { tinyPath } from '../support/tiny-model.ts';

const folder = process.env['HEARTH_TEST_MODELS'];
const MiB = 2 ** 20;

// One file under two names and contexts, and a small one: two of them fit.
const models = [
  { model: defaultModelPath(), alias: 'short', own: { contextSize: 512, parallel: 2 } },
  { model: defaultModelPath(), alias: 'long', own: { contextSize: 1024, parallel: 2 } },
  { model: tinyPath, alias: 'tiny', own: { contextSize: 128, parallel: 2 } },
];
const onnx = {
  model: join(folder ?? '', 'SmolLM2-135M-Instruct-ONNX'),
  alias: 'onnx',
  own: { contextSize: 256, parallel: 2 },
};

/** How long the clients ask, in milliseconds; `npm run soak:models` asks longer. */
const ms = Number(process.env['HEARTH_SOAK_SECONDS'] ?? 5) * 1000;

for (const { title, list, budget, skip } of [
  { title: 'three GGUF models', list: models, budget: 450 * MiB, skip: false as const },
  {
    title: 'GGUF and ONNX models',
    list: [...models, onnx],
    budget: 750 * MiB,
    skip: folder === undefined && 'HEARTH_TEST_MODELS names no folder with SmolLM2-135M-Instruct-ONNX',
  },
])
  test(`${title} on a budget for two answer eight clients, each by its own name`, { skip }, async (t) => {
    const served = await serveReal({ models: list, memoryBudget: budget, contextSize: undefined, promptCacheSize: 0 });
    const ids = list.map(({ alias }) => alias);
    try {
      const run = { clients: 8, ms, seed: 7, prompt: 'The capital of France is' };
      const { requests, answers, mostCounted, mostGrown } = await swapModels(served, ids, run);
      t.diagnostic(`${requests} requests, at most ${mostCounted / MiB} MiB counted, grown by ${mostGrown / MiB} MiB`);
      assert.equal(
        [...answers.values()].reduce((sum, count) => sum + count, 0),
        requests,
      );
      for (const id of ids) assert.ok((answers.get(id) ?? 0) > 0, `${id} answered`);
      assert.ok(mostCounted <= budget, `${mostCounted} of ${budget} bytes`);
      assert.ok(mostGrown <= budget * 1.1, `grown by ${mostGrown} of ${budget} bytes`);
    } finally {
      await served.close();
    }
  });
