import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { never, pool, settle, states, take } from '../support/model-pool.ts';

test('concurrent first requests wait for one load, and its progress shows', async () => {
  const { registry, source } = pool({ a: 1, b: 1 });
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  source('a').pace = () => gate;
  const leases = [1, 2, 3].map(() => take(registry, 'a'));
  await settle();
  assert.deepEqual(
    registry.list().map(({ state, progress, waiting }) => [state, progress, waiting]),
    [
      ['loading', 0.5, 3],
      ['unloaded', undefined, 0],
    ],
  );
  go();
  await Promise.all(leases);
  assert.equal(source('a').loads, 1);
  assert.equal(registry.status('a').active, 3);
});

test('the least recently used model makes room, and never one at work', async () => {
  const { registry } = pool({ a: 1, b: 1, c: 1, d: 1 }, { budget: 3 });
  const [a] = [await take(registry, 'a'), (await take(registry, 'b')).release(), (await take(registry, 'c')).release()];
  (await take(registry, 'b')).release();
  (await take(registry, 'd')).release();
  assert.equal(states(registry), 'a ready, b ready, c unloaded, d ready');
  (await take(registry, 'c')).release();
  assert.equal(states(registry), 'a ready, b unloaded, c ready, d ready');
  a.release();
});

test('where all are at work the next waits, and passes those that ask for its memory later', async () => {
  const { registry, sources } = pool({ a: 1, b: 1, c: 1 }, { budget: 2 });
  const [a, b] = [await take(registry, 'a'), await take(registry, 'b')];
  const order: string[] = [];
  const c = take(registry, 'c').then((lease) => (order.push('c'), lease));
  const again = take(registry, 'a').then((lease) => (order.push('a'), lease));
  // The other one is not asked to go, so it takes further requests.
  (await take(registry, 'b')).release();
  await settle();
  assert.deepEqual(order, []);
  a.release();
  await c;
  assert.equal(states(registry), 'a unloaded, b ready, c ready');
  b.release();
  await again;
  assert.deepEqual(order, ['c', 'a']);
  assert.deepEqual(
    sources.map(({ loads }) => loads),
    [2, 1, 1],
  );
});

test('one that leaves the line costs nothing: no load, and nobody has to go', async () => {
  const { registry, source } = pool({ a: 1, b: 1 }, { budget: 1 });
  const a = await take(registry, 'a');
  const leaving = new AbortController();
  const refused = assert.rejects(take(registry, 'b', leaving.signal), { code: 'aborted' });
  leaving.abort();
  await refused;
  (await take(registry, 'a')).release();
  a.release();
  await settle();
  assert.equal(states(registry), 'a ready, b unloaded');
  assert.equal(source('b').loads, 0);
});

test('what cannot fit even alone is refused with both numbers, also where it shows only when it is loaded', async () => {
  const MiB = 2 ** 20;
  const { registry, source } = pool({ big: 300 * MiB, sly: 10 * MiB }, { budget: 200 * MiB });
  const tooBig = (id: string, size: string): object => ({
    code: 'insufficient_memory',
    message: `The model ${id} needs ${size}, but all models together may take 200 MiB; raise --memory-budget, or lower its context-size or parallel.`,
  });
  await assert.rejects(take(registry, 'big'), tooBig('big', '300 MiB'));
  assert.equal(source('big').loads, 0);
  source('sly').realBytes = 250 * MiB;
  await assert.rejects(take(registry, 'sly'), tooBig('sly', '250 MiB'));
  await settle();
  assert.equal(states(registry), 'big failed, sly failed');
  assert.equal(registry.memory().used, 0);
});

test('a model stays for its time, and keep_alive says another', async () => {
  const { registry, clock, sources } = pool({ a: 1, b: 1, c: 1 });
  for (const source of sources) source.idleUnloadMs = 1000;
  (await take(registry, 'a')).release();
  (await take(registry, 'b', never, Infinity)).release();
  (await take(registry, 'c', never, 0)).release();
  await settle();
  assert.equal(states(registry), 'a ready, b ready, c unloaded');
  clock.advance(999);
  const busy = await take(registry, 'a');
  clock.advance(5000);
  await settle();
  assert.equal(registry.status('a').state, 'ready');
  busy.release();
  clock.advance(1000);
  await settle();
  assert.equal(states(registry), 'a unloaded, b ready, c unloaded');
});

test('a model that stays for no time answers all who waited for it', async () => {
  const { registry, source } = pool({ a: 1, b: 1 });
  source('a').idleUnloadMs = 0;
  const leases = await Promise.all([take(registry, 'a'), take(registry, 'a')]);
  for (const lease of leases) lease.release();
  await settle();
  assert.equal(states(registry), 'a unloaded, b unloaded');
  assert.equal(source('a').loads, 1);
});

test('a load that fails fails all who waited; the next tries again after a while, POST /models/load at once', async () => {
  const { registry, clock, source } = pool({ a: 1, b: 1 });
  source('a').failures = [new InferenceError('model_failed', 'The file is cut off.'), new Error('disk')];
  const first = [take(registry, 'a'), take(registry, 'a')];
  for (const one of first) await assert.rejects(one, { code: 'model_failed', message: 'The file is cut off.' });
  assert.deepEqual([registry.status('a').state, registry.status('a').error], ['failed', 'The file is cut off.']);
  await assert.rejects(take(registry, 'a'), { message: 'The file is cut off.', retryAfter: 1 });
  assert.equal(source('a').loads, 1);
  await assert.rejects(registry.load('a', never), { message: /could not be loaded; the server's log says why/ });
  clock.advance(2000);
  (await take(registry, 'a')).release();
  assert.equal(registry.status('a').state, 'ready');
});

test('a model that breaks while it serves goes when its requests have, and the next request loads it anew', async () => {
  const broken: string[] = [];
  const { registry, source } = pool(
    { a: 1, b: 1 },
    { onFailed: (id, error) => broken.push(`${id}: ${error.message}`) },
  );
  const lease = await take(registry, 'a');
  source('a').break(new Error('The engine died.'));
  await settle();
  const next = take(registry, 'a');
  await settle();
  assert.deepEqual([broken, source('a').loads, source('a').resident], [['a: The engine died.'], 1, true]);
  lease.release();
  (await next).release();
  assert.deepEqual([source('a').loads, registry.status('a').error], [2, undefined]);
});

test('where the engine finds too little memory, another model goes first', async () => {
  const { registry, source } = pool({ a: 1, b: 1 });
  (await take(registry, 'a')).release();
  source('b').failures = [new InferenceError('insufficient_memory', 'No GPU memory.')];
  (await take(registry, 'b')).release();
  assert.equal(states(registry), 'a unloaded, b ready');
  source('a').failures = [0, 0].map(() => new InferenceError('insufficient_memory', 'No GPU memory.'));
  await assert.rejects(take(registry, 'a'), { code: 'insufficient_memory', message: 'No GPU memory.' });
});

test('unloading waits for running requests, and who comes meanwhile gets the model again', async () => {
  const { registry, source } = pool({ a: 1, b: 1 });
  const lease = await take(registry, 'a');
  const gone = registry.unload('a', never);
  const next = take(registry, 'a');
  await settle();
  assert.equal(registry.status('a').state, 'unloading');
  lease.release();
  await gone;
  (await next).release();
  assert.equal(source('a').loads, 2);
});

test('a full line is refused at once, and a server that ends refuses all', async () => {
  const { registry } = pool({ a: 1, b: 1 }, { budget: 1, maxWaiting: 1 });
  const a = await take(registry, 'a');
  const waiting = assert.rejects(take(registry, 'b'), { code: 'draining' });
  await assert.rejects(take(registry, 'b'), { code: 'overloaded', retryAfter: 1 });
  // Who needs no room does not wait in it. The one that is to go takes nobody any more.
  a.release();
  await registry.dispose();
  await waiting;
});
