import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Lease } from '../../src/contract/model-host.ts';
import { Registry, type RegistryOptions } from '../../src/runtime/registry.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeSource } from '../support/fake-source.ts';

const never = new AbortController().signal;

/** Models of one byte each, unless the sizes say otherwise. */
function pool(
  sizes: Record<string, number>,
  options: RegistryOptions = {},
): { registry: Registry; clock: FakeClock; sources: FakeSource[] } {
  const clock = new FakeClock();
  const registry = new Registry({ clock, ...options });
  const sources = Object.entries(sizes).map(([id, bytes]) => new FakeSource(id, bytes));
  for (const source of sources) registry.add(source);
  return { registry, clock, sources };
}

/** Takes a model for a request that goes on. */
async function take(registry: Registry, id: string, signal = never, keepAliveMs?: number): Promise<Lease> {
  const lease = registry.lease(signal, keepAliveMs);
  assert.equal((await lease.resolve(id)).info.id, id);
  return lease;
}

async function settle(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

const states = (registry: Registry): string =>
  registry
    .list()
    .map(({ id, state }) => `${id} ${state}`)
    .join(', ');

test('concurrent first requests wait for one load, and its progress shows', async () => {
  const { registry, sources } = pool({ a: 1, b: 1 });
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  sources[0]!.pace = () => gate;
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
  assert.equal(sources[0]!.loads, 1);
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
  const { registry, sources } = pool({ a: 1, b: 1 }, { budget: 1 });
  const a = await take(registry, 'a');
  const leaving = new AbortController();
  const refused = assert.rejects(take(registry, 'b', leaving.signal), { code: 'aborted' });
  leaving.abort();
  await refused;
  (await take(registry, 'a')).release();
  a.release();
  await settle();
  assert.equal(states(registry), 'a ready, b unloaded');
  assert.equal(sources[1]!.loads, 0);
});

test('what cannot fit even alone is refused with both numbers, also where it shows only when it is loaded', async () => {
  const MiB = 2 ** 20;
  const { registry, sources } = pool({ big: 300 * MiB, sly: 10 * MiB }, { budget: 200 * MiB });
  const tooBig = (id: string, size: string): object => ({
    code: 'insufficient_memory',
    message: `The model ${id} needs ${size}, but all models together may take 200 MiB; raise --memory-budget, or lower its context-size or parallel.`,
  });
  await assert.rejects(take(registry, 'big'), tooBig('big', '300 MiB'));
  assert.equal(sources[0]!.loads, 0);
  sources[1]!.realBytes = 250 * MiB;
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
  const { registry, sources } = pool({ a: 1, b: 1 });
  sources[0]!.idleUnloadMs = 0;
  const leases = await Promise.all([take(registry, 'a'), take(registry, 'a')]);
  for (const lease of leases) lease.release();
  await settle();
  assert.equal(states(registry), 'a unloaded, b unloaded');
  assert.equal(sources[0]!.loads, 1);
});

test('a load that fails fails all who waited; the next tries again after a while, POST /models/load at once', async () => {
  const { registry, clock, sources } = pool({ a: 1, b: 1 });
  sources[0]!.failures = [new InferenceError('model_failed', 'The file is cut off.'), new Error('disk')];
  const first = [take(registry, 'a'), take(registry, 'a')];
  for (const one of first) await assert.rejects(one, { code: 'model_failed', message: 'The file is cut off.' });
  assert.deepEqual([registry.status('a').state, registry.status('a').error], ['failed', 'The file is cut off.']);
  await assert.rejects(take(registry, 'a'), { message: 'The file is cut off.', retryAfter: 1 });
  assert.equal(sources[0]!.loads, 1);
  await assert.rejects(registry.load('a', never), { message: /could not be loaded; the server's log says why/ });
  clock.advance(2000);
  (await take(registry, 'a')).release();
  assert.equal(registry.status('a').state, 'ready');
});

test('a model that breaks while it serves goes when its requests have, and the next request loads it anew', async () => {
  const broken: string[] = [];
  const { registry, sources } = pool(
    { a: 1, b: 1 },
    { onFailed: (id, error) => broken.push(`${id}: ${error.message}`) },
  );
  const lease = await take(registry, 'a');
  sources[0]!.break(new Error('The engine died.'));
  await settle();
  const next = take(registry, 'a');
  await settle();
  assert.deepEqual([broken, sources[0]!.loads, sources[0]!.resident], [['a: The engine died.'], 1, true]);
  lease.release();
  (await next).release();
  assert.deepEqual([sources[0]!.loads, registry.status('a').error], [2, undefined]);
});

test('where the engine finds too little memory, another model goes first', async () => {
  const { registry, sources } = pool({ a: 1, b: 1 });
  (await take(registry, 'a')).release();
  sources[1]!.failures = [new InferenceError('insufficient_memory', 'No GPU memory.')];
  (await take(registry, 'b')).release();
  assert.equal(states(registry), 'a unloaded, b ready');
  sources[0]!.failures = [0, 0].map(() => new InferenceError('insufficient_memory', 'No GPU memory.'));
  await assert.rejects(take(registry, 'a'), { code: 'insufficient_memory', message: 'No GPU memory.' });
});

test('unloading waits for running requests, and who comes meanwhile gets the model again', async () => {
  const { registry, sources } = pool({ a: 1, b: 1 });
  const lease = await take(registry, 'a');
  const gone = registry.unload('a', never);
  const next = take(registry, 'a');
  await settle();
  assert.equal(registry.status('a').state, 'unloading');
  lease.release();
  await gone;
  (await next).release();
  assert.equal(sources[0]!.loads, 2);
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

test('whatever comes and goes: nobody gets a wrong model, nobody is lost, and the budget holds', async () => {
  const ids = ['a', 'b', 'c', 'd'] as const;
  const request = fc.record({
    id: fc.constantFrom(...ids),
    /** Turns until it comes, that it works, and after which it leaves, if it still waits. */
    after: fc.nat(40),
    works: fc.nat(12),
    patience: fc.option(fc.nat(15), { nil: undefined }),
    keepAliveMs: fc.constantFrom(undefined, undefined, 0, 5),
  });
  const property = fc.asyncProperty(
    fc.array(request, { minLength: 1, maxLength: 40 }),
    fc.tuple(...ids.map(() => fc.integer({ min: 1, max: 4 }))),
    fc.integer({ min: 4, max: 9 }),
    fc.nat(6),
    async (requests, sizes, budget, slow) => {
      const { registry, clock, sources } = pool(Object.fromEntries(ids.map((id, at) => [id, sizes[at] ?? 1])), {
        budget,
      });
      const check = (): void => {
        const taken = sources.reduce((sum, { resident, bytes }) => sum + (resident ? bytes : 0), 0);
        assert.ok(taken <= budget, `${taken} of ${budget}`);
      };
      const turns = async (count: number): Promise<void> => {
        for (let at = 0; at < count; at += 1) {
          await turn();
          clock.advance(1);
          check();
        }
      };
      for (const source of sources) source.pace = () => turns(slow);
      const outcomes = await Promise.all(
        requests.map(async ({ id, after, works, patience, keepAliveMs }) => {
          await turns(after);
          const leaving = new AbortController();
          const lease = registry.lease(leaving.signal, keepAliveMs);
          if (patience !== undefined) void turns(patience).then(() => leaving.abort());
          try {
            const model = await lease.resolve(id);
            assert.equal(model.info.id, id);
            await turns(works);
            assert.ok(sources.find((source) => source.id === id)?.resident, 'it was unloaded at work');
            return 'served';
          } catch (error) {
            assert.ok(
              error instanceof InferenceError && error.code === 'aborted' && patience !== undefined,
              String(error),
            );
            return 'left';
          } finally {
            lease.release();
          }
        }),
      );
      assert.equal(outcomes.length, requests.length);
      await registry.dispose();
      assert.ok(sources.every(({ resident }) => !resident));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('requests one after the other leave in memory what a list by last use would', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const property = fc.asyncProperty(
    fc.array(fc.constantFrom(...ids), { minLength: 1, maxLength: 60 }),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 }),
    fc.integer({ min: 4, max: 12 }),
    async (requests, sizes, budget) => {
      const size = (id: string): number => sizes[ids.indexOf(id)] ?? 0;
      const { registry } = pool(Object.fromEntries(ids.map((id) => [id, size(id)])), { budget });
      let kept: string[] = [];
      for (const id of requests) {
        (await take(registry, id)).release();
        const others = kept.filter((other) => other !== id);
        if (!kept.includes(id)) while (others.reduce((sum, one) => sum + size(one), size(id)) > budget) others.shift();
        kept = [...others, id];
        const loaded = registry.loaded().map(({ info }) => info.id);
        assert.deepEqual(loaded, kept.toSorted());
      }
    },
  );
  await fc.assert(property);
});

test('those that wait get their models in the order in which they came', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const property = fc.asyncProperty(
    fc.shuffledSubarray(ids, { minLength: 2 }),
    fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
    async (asked, sizes) => {
      const { registry } = pool(
        { ...Object.fromEntries(ids.map((id, at) => [id, sizes[at] ?? 1])), z: 3 },
        { budget: 3 },
      );
      const first = await take(registry, 'z');
      const got: string[] = [];
      const all = asked.map(async (id) => {
        const lease = await take(registry, id);
        got.push(id);
        await settle();
        lease.release();
      });
      await settle();
      assert.deepEqual(got, []);
      first.release();
      await Promise.all(all);
      assert.deepEqual(got, asked);
    },
  );
  await fc.assert(property, { numRuns: 50 });
});
