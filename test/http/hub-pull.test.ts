import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(300_000);

test('a model of Hugging Face is fetched into the layout that Python uses', async () => {
  const repo = hub.server.add('owner/model', { 'model.Q4_K_M.gguf': weights, 'README.md': 'words' });
  const local = await hub.pull('hf:owner/model');
  const root = join(hub.folder, 'hf', 'models--owner--model');
  const path = join(root, 'snapshots', repo.commit, 'model.Q4_K_M.gguf');
  assert.deepEqual(local, {
    title: 'hf:owner/model',
    path,
    id: 'model.Q4_K_M',
    format: 'gguf',
    quantization: 'Q4_K_M',
    bytes: weights.length,
    fetched: weights.length,
  });
  assert.equal(await readlink(path), join('..', '..', 'blobs', repo.sha256('model.Q4_K_M.gguf')));
  assert.deepEqual(await readFile(path), weights);
  assert.equal(await readFile(join(root, 'refs', 'main'), 'utf8'), repo.commit);
  assert.deepEqual(await readdir(join(root, 'blobs')), [repo.sha256('model.Q4_K_M.gguf')]);
  assert.deepEqual(await readdir(dirname(path)), ['model.Q4_K_M.gguf']);

  const again = await hub.pull('owner/model:q4_k_m');
  assert.equal(again.fetched, 0);
  assert.equal(again.path, path);
  assert.equal(hub.server.downloads('model.Q4_K_M.gguf').length, 1);
});
