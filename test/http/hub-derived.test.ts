import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const gguf = { 'm.Q4_K_M.gguf': randomBytes(5000) };
const base = 'meta-llama/Llama-2-7b-chat-hf';
const safetensors = { 'config.json': '{}', 'model.safetensors': randomBytes(2000) };
const quantized = { tags: [`base_model:${base}`, `base_model:quantized:${base}`] };

function addFamily(): void {
  hub.server.add(base, safetensors, { gated: true });
  hub.server.add('less/Llama-2-7B-GGUF', gguf, { ...quantized, downloads: 10 });
  hub.server.add('most/Llama-2-7B-GGUF', gguf, { ...quantized, downloads: 1000 });
  hub.server.add('gated/Llama-2-7B-GGUF', gguf, { ...quantized, downloads: 5000, gated: true });
  hub.server.add(
    'onnx-community/Llama-2-7B-ONNX',
    { 'config.json': '{}', 'onnx/model_q4.onnx': randomBytes(2000) },
    { tags: ['onnx', 'transformers.js', `base_model:${base}`], downloads: 9000 },
  );
  hub.server.add('tuned/Vicuna', gguf, {
    tags: [`base_model:${base}`, `base_model:finetune:${base}`],
    downloads: 99_999,
  });
}

test('a model in safetensors is refused with those that were converted from it, the best first', async () => {
  addFamily();
  await assert.rejects(hub.pull(`hf:${base}`), (error) => {
    assert.ok(error instanceof InferenceError);
    assert.equal(error.code, 'model_not_found');
    assert.equal(
      error.message,
      `hf:${base} holds no GGUF or ONNX model, but these were converted from it: hf:most/Llama-2-7B-GGUF, hf:less/Llama-2-7B-GGUF, hf:onnx-community/Llama-2-7B-ONNX, hf:gated/Llama-2-7B-GGUF. Name one of them, pass --yes to take the first, or convert it yourself (docs/models.md).`,
    );
    return true;
  });
});

test('whoever is asked and agrees gets the best, and is told so', async () => {
  addFamily();
  const questions: string[] = [];
  const answer = (yes: boolean) => (question: string) => {
    questions.push(question);
    return Promise.resolve(yes);
  };
  await assert.rejects(hub.pull(base, { confirm: answer(false) }), /but these were converted from it/);
  const local = await hub.pull(base, { confirm: answer(true) });
  assert.equal(local.title, 'hf:most/Llama-2-7B-GGUF');
  assert.equal(
    questions[0],
    `hf:${base} holds no GGUF or ONNX model. Take hf:most/Llama-2-7B-GGUF, which was converted from it?`,
  );
  assert.deepEqual(hub.notes, [
    `hf:${base} holds no GGUF or ONNX model; hf:most/Llama-2-7B-GGUF is taken, which was converted from it.`,
  ]);
});

test("a conversion by the model's own makers goes before others", async () => {
  addFamily();
  hub.server.add('meta-llama/Llama-2-7b-GGUF', gguf, { ...quantized, downloads: 1 });
  assert.equal((await hub.pull(base, { confirm: () => Promise.resolve(true) })).title, 'hf:meta-llama/Llama-2-7b-GGUF');
});

test('a quantization that was asked for is taken from the conversion', async () => {
  addFamily();
  await assert.rejects(
    hub.pull(`hf:${base}:Q8_0`, { confirm: () => Promise.resolve(true) }),
    /^InferenceError: hf:most\/Llama-2-7B-GGUF has no quantization Q8_0; there are Q4_K_M\.$/,
  );
});

test('a model of which nobody made anything says so', async () => {
  hub.server.add('gpt2', safetensors);
  await assert.rejects(
    hub.pull('gpt2'),
    /^InferenceError: hf:gpt2 holds no GGUF or ONNX model, and no conversion was found for it; name another one, or convert it yourself \(docs\/models\.md tells how\)\.$/,
  );
});

test('ModelScope, which knows no relations, is searched by the name', async () => {
  hub.server.add('modelscope/Llama-2-7b-ms', safetensors);
  hub.server.add('somebody/Llama-2-7b-GGUF', gguf, { downloads: 5 });
  hub.server.add('somebody/Llama-2-7b-chat-GGUF', gguf, { downloads: 500 });
  await assert.rejects(
    hub.pull('modelscope:modelscope/Llama-2-7b-ms'),
    /these were converted from it: modelscope:somebody\/Llama-2-7b-GGUF\. Name one/,
  );
  const settings = { ...hub.settings(), hub: 'modelscope' as const };
  const local = await hub.pull('modelscope/Llama-2-7b-ms', { settings, confirm: () => Promise.resolve(true) });
  assert.equal(local.title, 'modelscope:somebody/Llama-2-7b-GGUF');
});
