import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { modelHash } from '../../src/prompt-cache/model-hash.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-hash-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a model of one file has the hash of that file, and it is remembered', async () => {
  const path = write('a.gguf', 'weights');
  const hash = createHash('sha256').update('weights').digest('hex');
  const memory = join(folder, 'memory');
  assert.equal(await modelHash([path], memory), hash);
  assert.equal(await modelHash([path], memory), hash);
  assert.equal(readdirSync(memory).length, 1);
});

test('models with the same graph and other weights beside it have other hashes', async () => {
  const graph = write('model.onnx', 'graph');
  const [one, other] = [write('one.onnx_data', '1'), write('other.onnx_data', '2')];
  const memory = join(folder, 'memory');
  const hashes = await Promise.all([[graph], [graph, one], [graph, other]].map((files) => modelHash(files, memory)));
  assert.equal(new Set(hashes).size, 3);
  for (const hash of hashes) assert.match(hash, /^[0-9a-f]{64}$/);
});
