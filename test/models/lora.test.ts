import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { serveReal, postJson } from '../support/real-server.ts';
import { ggufOf, type Value } from '../support/tiny-bert.ts';
import { loadTiny, tinyGolden, tinyPath } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-lora-'));
after(() => rmSync(folder, { recursive: true }));

/** Writes an adapter of rank 4 for the output of the fixture's first attention. */
async function adapter(name: string, metadata: Record<string, Value> = {}): Promise<string> {
  const { readGgufFileInfo } = await import('node-llama-cpp');
  const info = await readGgufFileInfo(tinyPath, { sourceType: 'filesystem', logWarnings: false });
  const shape = info.fullTensorInfo?.find((tensor) => tensor.name === 'blk.0.attn_output.weight')?.dimensions ?? [];
  const [inputs = 0, outputs = 0] = shape.map(Number);
  const file = join(folder, name);
  const told: Record<string, Value> = {
    'general.type': { text: 'adapter' },
    'general.architecture': { text: 'llama' },
    'adapter.type': { text: 'lora' },
    'adapter.lora.alpha': { f32: 64 },
    ...metadata,
  };
  const tensors = { 'blk.0.attn_output.weight.lora_a': [inputs, 4], 'blk.0.attn_output.weight.lora_b': [4, outputs] };
  writeFileSync(file, ggufOf(told, tensors));
  return file;
}

test('one file under two names answers with and without its adapter, and at scale 0 as without', async () => {
  const lora = await adapter('adapter.gguf');
  const own = { contextSize: 128, parallel: 1 };
  const models = [
    { model: tinyPath, alias: 'plain', own },
    { model: tinyPath, alias: 'adapted', own: { ...own, lora: [lora] } },
    { model: tinyPath, alias: 'off', own: { ...own, lora: [`${lora}=0`] } },
  ];
  const served = await serveReal({ models, contextSize: undefined });
  try {
    const answer = async (model: string): Promise<string> => {
      const body = { model, prompt: tinyGolden.prompt, max_tokens: 16, temperature: 0 };
      const { status, body: told } = await postJson(`${served.url}/v1/completions`, body);
      assert.equal(status, 200, JSON.stringify(told));
      return (told as { choices: { text: string }[] }).choices[0]?.text ?? '';
    };
    const [plain, adapted, off] = [await answer('plain'), await answer('adapted'), await answer('off')];
    assert.notEqual(adapted, plain);
    assert.equal(off, plain);
    assert.equal(await answer('plain'), plain);
  } finally {
    await served.close();
  }
});

test('a file that is no adapter, or one of another architecture, is refused by name', async () => {
  const lora = (path: string) => loadTiny({ lora: [{ path, scale: 1 }], contextSize: 64, slots: 1 });
  await assert.rejects(lora(tinyPath), { code: 'invalid_request', message: /is no LoRA adapter; name one that was/ });
  const other = await adapter('other.gguf', { 'general.architecture': { text: 'gemma' } });
  await assert.rejects(lora(other), {
    code: 'invalid_request',
    message: /is an adapter for models of the architecture gemma, and this model is llama; leave it out\.$/,
  });
});
