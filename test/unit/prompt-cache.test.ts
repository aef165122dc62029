import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { bring, CacheFolder, cacheOwner, holds, keep, tick } from '../support/cache-folder.ts';
import { promptOf } from '../support/token-requests.ts';

let folder: CacheFolder;
beforeEach(async () => {
  folder = await CacheFolder.make();
});
afterEach(() => folder.remove());

test('what was stored is found by its beginning, and its state comes back', async () => {
  const cache = await folder.open();
  await keep(cache, promptOf(300), 5000);
  const found = cache.find([...promptOf(200), 9, 9]) ?? assert.fail();
  assert.equal(found.shared, 200);
  assert.deepEqual(found.tokens, promptOf(300));
  let state = Buffer.of();
  const restored = await cache.restore(found, async (file) => {
    state = await readFile(file);
    return 300;
  });
  assert.equal(restored, 300);
  assert.deepEqual(state, Buffer.alloc(5000, 1));
  assert.equal(cache.find([7, ...promptOf(200)]), undefined);
  assert.deepEqual([holds(cache, promptOf(250)), holds(cache, promptOf(301))], [true, false]);
});

test('of several the one that shares most is found', async () => {
  const cache = await folder.open();
  await keep(cache, [...promptOf(100), 5000]);
  await keep(cache, [...promptOf(200), 6000]);
  assert.equal(cache.find(promptOf(300))?.shared, 200);
  assert.equal(cache.find([...promptOf(100), 5000, 1])?.shared, 101);
});

test('a longer prefix replaces the shorter that it goes on from', async () => {
  const cache = await folder.open();
  await keep(cache, promptOf(100));
  await keep(cache, [...promptOf(100), 7]);
  await keep(cache, [...promptOf(50), 8]);
  assert.equal((await folder.files()).length, 4);
  assert.equal(cache.find(promptOf(100))?.tokens.length, 101);
});

test('those unused for longest go when the budget is full', async () => {
  const cache = await folder.open({ maxBytes: 3000 });
  for (const first of [100, 200, 300]) await keep(cache, promptOf(10, first));
  await tick();
  assert.equal(await bring(cache, promptOf(10, 100)), 10);
  await tick();
  await keep(cache, promptOf(10, 400));
  assert.deepEqual(
    [100, 200, 300, 400].map((first) => holds(cache, promptOf(10, first))),
    [true, false, true, true],
  );
  assert.equal((await folder.files()).length, 6);
});

test('what was used last is known after a restart, and a smaller budget is kept from the beginning', async () => {
  const first = await folder.open();
  for (const start of [100, 200, 300]) {
    await keep(first, promptOf(10, start));
    await tick();
  }
  await bring(first, promptOf(10, 100));
  const second = await folder.open({ maxBytes: 2000 });
  assert.deepEqual(
    [100, 200, 300].map((start) => holds(second, promptOf(10, start))),
    [true, false, true],
  );
  assert.equal((await folder.files()).length, 4);
});

test('a state that is larger than the budget is not kept, and the others stay', async () => {
  const cache = await folder.open({ maxBytes: 3000 });
  await keep(cache, promptOf(10, 100));
  await keep(cache, promptOf(10, 200), 3001);
  assert.deepEqual([holds(cache, promptOf(10, 100)), holds(cache, promptOf(10, 200))], [true, false]);
  assert.equal((await folder.files()).length, 2);
});

test('what is about to be restored does not go to make room', async () => {
  const cache = await folder.open({ maxBytes: 2000 });
  await keep(cache, promptOf(10, 100));
  await tick();
  await keep(cache, promptOf(10, 200));
  await tick();
  const found = cache.find(promptOf(10, 100)) ?? assert.fail();
  await cache.store(promptOf(10, 300), (file) => writeFile(file, Buffer.alloc(1000)), found);
  assert.equal(await cache.restore(found, () => Promise.resolve(10)), 10);
  assert.deepEqual(folder.problems, []);
});

test('states of another model or form are not found, but count', async () => {
  for (const other of [
    { ...cacheOwner, model: 'b'.repeat(64) },
    { ...cacheOwner, state: 'q8' },
  ]) {
    await keep(await folder.open({ owner: other }), promptOf(10), 1500);
    await tick();
    const cache = await folder.open({ maxBytes: 2000 });
    assert.equal(cache.find(promptOf(10)), undefined);
    await keep(cache, promptOf(10), 1000);
    assert.equal((await folder.files()).length, 2);
    assert.equal(await bring(cache, promptOf(10)), 10);
    await folder.remove();
  }
});

test('two processes may share a folder: what one removed the other reads anew', async () => {
  const [one, two] = [await folder.open(), await folder.open()];
  await keep(one, promptOf(10));
  await keep(two, promptOf(10));
  await keep(two, promptOf(20));
  assert.equal(await bring(one, promptOf(10)), 0);
  assert.equal(await bring(two, promptOf(10)), 20);
  await keep(one, promptOf(10));
  assert.equal(await bring(one, promptOf(10)), 10);
});

test('what another process removes while it is loaded is loaded all the same', async () => {
  const cache = await folder.open();
  await keep(cache, promptOf(10));
  const file = await folder.theOnly('prompt');
  const found = cache.find(promptOf(10)) ?? assert.fail();
  assert.equal(await cache.restore(found, () => rm(file).then(() => 10)), 10);
  assert.deepEqual(folder.problems, []);
});
