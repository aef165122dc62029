import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { InferenceError } from '../../src/contract/errors.ts';
import { pool, settle, take } from '../support/model-pool.ts';

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
