import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bring, CacheFolder, cacheOwner, holds, keep } from '../support/cache-folder.ts';
import { promptOf } from '../support/token-requests.ts';

let folder: CacheFolder;
beforeEach(async () => {
  folder = await CacheFolder.make();
});
afterEach(() => folder.remove());

test('a damaged state is found out before it is loaded, reported and removed', async () => {
  const damages = [
    async (file: string) => {
      const bytes = await readFile(file);
      bytes[500] = (bytes[500] ?? 0) ^ 1;
      await writeFile(file, bytes);
    },
    (file: string) => truncate(file, 999),
    (file: string) => truncate(file, 0),
    (file: string) => rm(file),
    async (file: string) => {
      await rm(file);
      await mkdir(file);
    },
  ];
  for (const [index, damage] of damages.entries()) {
    const cache = await folder.open();
    await keep(cache, promptOf(10));
    await damage(await folder.theOnly('state'));
    const found = cache.find(promptOf(10)) ?? assert.fail();
    assert.equal(await cache.restore(found, () => assert.fail('loaded')), 0);
    assert.equal(folder.problems.length, index + 1);
    assert.equal(cache.find(promptOf(10)), undefined);
    await folder.remove();
    await mkdir(folder.path);
  }
});

test('a state that the engine refuses, or that holds other than it should, is removed', async () => {
  for (const read of [() => Promise.reject(new Error('no state')), () => Promise.resolve(9)]) {
    const cache = await folder.open();
    await keep(cache, promptOf(10));
    assert.equal(await cache.restore(cache.find(promptOf(10)) ?? assert.fail(), read), 0);
    assert.deepEqual(await folder.files(), []);
  }
  assert.equal(folder.problems.length, 2);
});

test('a sidecar that is no JSON, lies about its tokens or its size is removed with its state', async () => {
  const damages = [
    () => 'not JSON',
    () => '',
    (text: string) => text.slice(0, -1),
    (text: string) => text.replace('"tokens":[1,', '"tokens":[2,'),
    (text: string) => text.replace('"bytes":1000', '"bytes":999'),
    (text: string) => text.replace('"form":1', '"form":0'),
    (text: string) => text.replace(cacheOwner.model, 'b'.repeat(64)),
  ];
  for (const damage of damages) {
    await keep(await folder.open(), promptOf(10));
    const file = await folder.theOnly('prompt');
    await writeFile(file, damage(await readFile(file, 'utf8')));
    const again = await folder.open();
    assert.equal(again.find(promptOf(10)), undefined);
    assert.deepEqual(await folder.files(), []);
  }
});

test('another version of the engine removes what it finds', async () => {
  await keep(await folder.open(), promptOf(10));
  const other = await folder.open({ owner: { ...cacheOwner, engine: 'llama.cpp b2' } });
  assert.equal(other.find(promptOf(10)), undefined);
  assert.deepEqual(await folder.files(), []);
});

test('what a cut-off write left is removed once it is old, and only that', async () => {
  const name = '0'.repeat(32);
  const leftovers = [`${name}.hearth-state`, `${name}.4711.hearth-unfinished`];
  const foreign = ['notes.txt', 'model.gguf', 'state', `${name}.state`];
  for (const file of [...leftovers, ...foreign]) await writeFile(join(folder.path, file), 'x');
  await folder.open();
  assert.deepEqual(await folder.files(), [...leftovers, ...foreign].toSorted());
  for (const file of [...leftovers, ...foreign]) await makeOld(join(folder.path, file));
  await folder.open();
  assert.deepEqual(await folder.files(), foreign.toSorted());
});

test('a file that goes while the folder is read does not keep the server from starting', async () => {
  // To whoever looks at it, a link to nothing is a file that was there a moment ago.
  await symlink(join(folder.path, 'gone'), join(folder.path, `${'1'.repeat(32)}.hearth-state`));
  await symlink(join(folder.path, 'gone'), join(folder.path, `${'2'.repeat(32)}.1.hearth-unfinished`));
  await keep(await folder.open(), promptOf(10));
});

test('a write that fails is reported, and leaves nothing', async () => {
  const cache = await folder.open();
  await cache.store(promptOf(10), async (file) => {
    await writeFile(file, 'half');
    throw new Error('no space left on device');
  });
  await cache.store(promptOf(10), () => Promise.reject(new Error('no space left on device')));
  assert.equal(folder.problems.length, 2);
  assert.match(folder.problems[0] ?? '', /could not keep a prefix of 10 tokens/);
  assert.deepEqual(await folder.files(), []);
  assert.equal(holds(cache, promptOf(10)), false);
});

test('a folder that is removed while the server runs costs the prefixes, and nothing else', async () => {
  const cache = await folder.open();
  await keep(cache, promptOf(10));
  await folder.remove();
  assert.equal(await bring(cache, promptOf(10)), 0);
  await keep(cache, promptOf(10));
  assert.equal(holds(cache, promptOf(10)), false);
  assert.equal(folder.problems.length, 2);
  assert.equal(existsSync(folder.path), false);
});

async function makeOld(file: string): Promise<void> {
  await utimes(file, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
}
