import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel } from '../../src/compose.ts';
import { resolveSettings, type Flags } from '../../src/config/resolve.ts';
import { tinyGguf, tinyOnnx, type EngineModel } from '../support/engines.ts';
import { keptLog } from '../support/server.ts';
import { tinyBertFolder } from '../support/tiny-bert-onnx.ts';

/** The warnings in the log while a model is loaded. */
async function warnings({ path }: Pick<EngineModel, 'path'>, flags: Flags): Promise<unknown[]> {
  const { settings } = resolveSettings({ model: path, device: 'cpu', contextSize: '64', ...flags }, {});
  const { log, lines } = keptLog('warn');
  const model = await loadModel(settings, { log });
  await model.dispose();
  return lines.map(({ msg }) => msg);
}

test('an ONNX model that is given settings of llama.cpp warns once as it is loaded, and is loaded', async () => {
  const flags = { gpuLayers: '0', kvCacheType: 'q8_0', flashAttention: 'on' };
  const named = '--gpu-layers, --kv-cache-type and --flash-attention are for GGUF models and without effect on';
  assert.deepEqual(await warnings(tinyOnnx, flags), [`${named} tiny-random-llama-onnx, which is an ONNX model.`]);
  assert.deepEqual(await warnings({ path: tinyBertFolder('embed') }, { gpuLayers: 'auto' }), [
    '--gpu-layers is for GGUF models and without effect on tiny-bert-embed-onnx, which is an ONNX model.',
  ]);
});

test('one that is given none of them warns of nothing, and neither does a GGUF model that is', async () => {
  assert.deepEqual(await warnings(tinyOnnx, { threads: '1' }), []);
  assert.deepEqual(await warnings(tinyGguf, { gpuLayers: '0', flashAttention: 'on' }), []);
});
