import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(300_000);
const file = 'model.Q4_K_M.gguf';

test('a model of Hugging Face is fetched into the layout that Python uses', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights, 'README.md': 'words' });
  const local = await hub.pull('hf:owner/model');
  const root = join(hub.folder, 'hf', 'models--owner--model');
  const path = join(root, 'snapshots', repo.commit, file);
  const bytes = weights.length;
  const { title, id } = local;
  assert.deepEqual(local, { title, path, id, format: 'gguf', quantization: 'Q4_K_M', bytes, fetched: bytes });
  assert.deepEqual([title, id], ['hf:owner/model', 'model.Q4_K_M']);
  assert.equal(await readlink(path), join('..', '..', 'blobs', repo.sha256(file)));
  assert.deepEqual(await readFile(path), weights);
  assert.equal(await readFile(join(root, 'refs', 'main'), 'utf8'), repo.commit);
  assert.deepEqual(await readdir(join(root, 'blobs')), [repo.sha256(file)]);
  assert.deepEqual(await readdir(dirname(path)), [file]);

  const again = await hub.pull('owner/model:q4_k_m');
  assert.deepEqual([again.fetched, again.path], [0, path]);
  assert.equal(hub.server.downloads(file).length, 1);
});

test('what Python has fetched is used as it is', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  const root = join(hub.folder, 'hf', 'models--owner--model');
  const blob = join(root, 'blobs', repo.sha256(file));
  const snapshot = join(root, 'snapshots', repo.commit);
  for (const folder of [dirname(blob), snapshot]) await mkdir(folder, { recursive: true });
  await writeFile(blob, weights);
  await symlink(join('..', '..', 'blobs', repo.sha256(file)), join(snapshot, file));
  const local = await hub.pull('hf:owner/model');
  assert.equal(local.fetched, 0);
  assert.equal(local.path, join(snapshot, file));
  assert.deepEqual(hub.server.downloads(file), []);
});

test('a blob that Python has fetched for another version is linked, not fetched', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  await hub.pull('hf:owner/model');
  repo.files.set('README.md', Buffer.from('new words'));
  repo.commit = 'f'.repeat(40);
  const local = await hub.pull('hf:owner/model');
  assert.equal(local.fetched, 0);
  assert.match(local.path, /f{40}/);
  assert.equal(hub.server.downloads(file).length, 1);
});

test('all parts of a split model are fetched beside each other', async () => {
  const parts = [1, 2, 3].map((part) => [`q/m-Q8_0-0000${part}-of-00003.gguf`, randomBytes(5000 * part)] as const);
  hub.server.add('owner/split', Object.fromEntries(parts));
  const local = await hub.pull('hf:owner/split');
  assert.match(local.path, /q\/m-Q8_0-00001-of-00003\.gguf$/);
  assert.equal(local.id, 'm-Q8_0');
  assert.equal(local.fetched, 30_000);
  for (const [path, content] of parts) assert.deepEqual(await readFile(join(local.path, '../..', path)), content);
  const last = hub.progress.at(-1);
  assert.deepEqual([last?.done, last?.total, last?.fetched], [30_000, 30_000, 30_000]);
});

test('an ONNX model is a folder with one type of weights, called as its repository', async () => {
  hub.server.add('onnx-community/Tiny-ONNX', {
    'config.json': '{"model_type":"llama"}',
    'tokenizer.json': '{}',
    'onnx/model_q4.onnx': weights,
    'onnx/model_q4.onnx_data': randomBytes(2000),
    'onnx/model.onnx': randomBytes(4000),
  });
  const local = await hub.pull('hf:onnx-community/Tiny-ONNX');
  assert.deepEqual([local.format, local.quantization, local.id], ['onnx', 'q4', 'Tiny-ONNX']);
  const there = (await readdir(local.path, { recursive: true })).toSorted();
  assert.deepEqual(there, ['config.json', 'onnx', 'onnx/model_q4.onnx', 'onnx/model_q4.onnx_data', 'tokenizer.json']);
});

test('a small file, which has no sha256 on Hugging Face, is checked by its git id', async () => {
  const repo = hub.server.add('owner/tiny', { [file]: Buffer.from('tiny') });
  const local = await hub.pull('hf:owner/tiny');
  assert.match(await readlink(local.path), /blobs\/[\da-f]{40}$/);
  repo.files.set(file, Buffer.from('TINY'));
  repo.commit = 'e'.repeat(40);
  hub.server.fault = ({ url }) => (url.pathname.includes('/resolve/') ? { content: Buffer.from('evil') } : undefined);
  await assert.rejects(
    hub.pull('hf:owner/tiny'),
    /its git-sha1 is [\da-f]{40} instead of [\da-f]{40}; it was thrown away/,
  );
});

test('a listing is read to its last page', async () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`a/${index}.txt`, 'x']));
  hub.server.add('owner/many', { ...many, [file]: weights });
  hub.server.pageSize = 10;
  assert.equal((await hub.pull('hf:owner/many')).fetched, weights.length);
  assert.equal(hub.server.requests.filter(({ url }) => url.pathname.includes('/tree/')).length, 3);
});

test('a revision is fetched beside another one', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  const local = await hub.pull('hf:owner/model@refs/pr/1');
  assert.equal(await readFile(join(hub.folder, 'hf/models--owner--model/refs/refs/pr/1'), 'utf8'), repo.commit);
  assert.match(local.path, new RegExp(repo.commit));
  assert.equal((await hub.pull(`hf:owner/model@${repo.commit}`)).fetched, 0);
});

test('a model of ModelScope is fetched, large files by a redirect and small ones without Range', async () => {
  hub.server.add('owner/name', { [file]: weights, 'small-Q8_0.gguf': Buffer.from('small') });
  const large = await hub.pull('modelscope:owner/name:Q4_K_M');
  assert.equal(
    large.path.slice(0, join(hub.folder, 'modelscope/hearth/models--owner--name').length),
    join(hub.folder, 'modelscope/hearth/models--owner--name'),
  );
  assert.deepEqual(await readFile(large.path), weights);
  const small = await hub.pull('modelscope:owner/name/small-Q8_0.gguf');
  assert.equal(await readFile(small.path, 'utf8'), 'small');
});

test("ModelScope's listing, which is cut at 3000 entries, is read folder by folder", async () => {
  const many = Object.fromEntries(Array.from({ length: 3200 }, (_, index) => [`a/${index % 2}/${index}.txt`, 'x']));
  hub.server.add('owner/huge', { ...many, [`z/${file}`]: weights });
  assert.equal((await hub.pull('modelscope:owner/huge')).fetched, weights.length);
  const flat = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`${index}.txt`, 'x']));
  hub.server.add('owner/flat', { ...flat, [file]: weights });
  await assert.rejects(
    hub.pull('modelscope:owner/flat'),
    /has 3000 files or more in the folder \/, which ModelScope lists in part/,
  );
});

test('a file that was pulled or loaded says when', async () => {
  hub.server.add('owner/model', { [file]: weights });
  const { path } = await hub.pull('hf:owner/model');
  const before = (await stat(path)).atimeMs;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await hub.pull('hf:owner/model');
  assert.ok((await stat(path)).atimeMs > before);
});

test(
  'a whole model in a cache that cannot be written is used',
  { skip: process.getuid?.() === 0 && 'root may write everywhere' },
  async () => {
    hub.server.add('owner/model', { [file]: weights });
    const { path } = await hub.pull('hf:owner/model');
    const root = join(hub.folder, 'hf/models--owner--model');
    for (const folder of ['blobs', 'refs', 'snapshots', '']) await chmod(join(root, folder), 0o555);
    try {
      assert.equal((await hub.pull('hf:owner/model')).path, path);
    } finally {
      for (const folder of ['', 'blobs', 'refs', 'snapshots']) await chmod(join(root, folder), 0o755);
    }
  },
);

test('names that lead out of the cache are no files, whoever lists them', async () => {
  hub.server.add('owner/evil', { '../../../evil.gguf': weights, '/etc/evil.gguf': weights, [file]: weights });
  const local = await hub.pull('hf:owner/evil');
  assert.match(local.path, /model\.Q4_K_M\.gguf$/);
  await assert.rejects(lstat(join(hub.folder, 'evil.gguf')), { code: 'ENOENT' });
});
