import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CoreTurns, turnsOf, type Turn } from '../../src/engines/core-turns.ts';

test('a batch takes what is free of what it wants, and waits where nothing is', async () => {
  const turns = new CoreTurns(4);
  const first = await turns.take(3);
  const second = await turns.take(4);
  assert.deepEqual([first.threads, second.threads], [3, 1]);
  const given: Turn[] = [];
  const waiting = turns.take(2).then((turn) => given.push(turn));
  await Promise.resolve();
  assert.equal(given.length, 0);
  second.release();
  second.release();
  await waiting;
  assert.equal(given[0]?.threads, 1);
  first.release();
  assert.equal((await turns.take(4)).threads, 3);
});

test('no more cores are given than there are, none is idle while a batch waits, and the first comes first', async () => {
  const wishes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), wishes, async (cores, wanted) => {
      const turns = new CoreTurns(cores);
      const held: Turn[] = [];
      const order: number[] = [];
      const all = wanted.map(async (count, index) => {
        const turn = await turns.take(count);
        order.push(index);
        held.push(turn);
      });
      for (let ended = 0; ended < wanted.length; ended += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        const used = held.reduce((sum, { threads }) => sum + threads, 0);
        assert.ok(used <= cores, `${used} of ${cores}`);
        if (order.length < wanted.length) assert.equal(used, cores);
        (held.shift() ?? assert.fail()).release();
      }
      await Promise.all(all);
      assert.deepEqual(
        order,
        wanted.map((_count, index) => index),
      );
    }),
  );
});

test('batches on a GPU wait for nobody', async () => {
  const turns = await Promise.all(Array.from({ length: 100 }, () => turnsOf(true).take(64)));
  assert.ok(turns.every(({ threads }) => threads === 64));
});
