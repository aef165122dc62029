import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { InferenceError } from '../../src/contract/errors.ts';
import { LanePool, type Lane } from '../../src/engines/gguf/embedding-lanes.ts';

/** Lanes that tell what they were given; an input of 13 tokens fails. */
function fakeLanes(count: number): { lanes: Lane[]; given: { lane: number; length: number; threads: number }[] } {
  const given: { lane: number; length: number; threads: number }[] = [];
  const lanes = Array.from({ length: count }, (_, lane): Lane => {
    let busy = false;
    return {
      compute: async (tokens, threads) => {
        assert.equal(busy, false, 'two inputs at once in one lane');
        busy = true;
        given.push({ lane, length: tokens.length, threads });
        await setImmediate();
        busy = false;
        if (tokens.length === 13) throw new Error('native');
        return Float64Array.of(tokens.length);
      },
    };
  });
  return { lanes, given };
}

const ofLength = (length: number): number[] => Array.from({ length }, () => 1);
const never = new AbortController().signal;

test('vectors come in the order of their inputs, the longest are computed first, all lanes work', async () => {
  const { lanes, given } = fakeLanes(2);
  const pool = new LanePool(lanes, 2);
  const vectors = await pool.run([3, 9, 1, 5].map(ofLength), never);
  assert.deepEqual(
    vectors.map(([value]) => value),
    [3, 9, 1, 5],
  );
  assert.deepEqual(
    given.map(({ length }) => length),
    [9, 5, 3, 1],
  );
  assert.deepEqual(new Set(given.map(({ lane }) => lane)), new Set([0, 1]));
  assert.deepEqual(await pool.run([], never), []);
});

test('a long input that is alone gets all threads, long ones together share them, short ones take one', async () => {
  const { lanes, given } = fakeLanes(2);
  const pool = new LanePool(lanes, 4);
  await pool.run([ofLength(200)], never);
  await pool.run([ofLength(200), ofLength(200)], never);
  await pool.run([ofLength(20)], never);
  assert.deepEqual(
    given.map(({ threads }) => threads),
    [4, 2, 2, 1],
  );
});

test('a call is told once, when its first input is at work', async () => {
  const { lanes, given } = fakeLanes(1);
  const pool = new LanePool(lanes, 1);
  const begun: number[] = [];
  const first = pool.run([3, 4].map(ofLength), never, () => begun.push(given.length));
  const second = pool.run([5, 6].map(ofLength), never, () => begun.push(given.length));
  assert.deepEqual(begun, []);
  await Promise.all([first, second]);
  assert.deepEqual(begun, [0, 2]);
});

test('an aborted call ends at once, its inputs are not begun, and others go on', async () => {
  const { lanes, given } = fakeLanes(1);
  const pool = new LanePool(lanes, 1);
  const controller = new AbortController();
  const aborted = pool.run([7, 6, 5].map(ofLength), controller.signal);
  const other = pool.run([ofLength(4)], never);
  await setImmediate();
  controller.abort();
  await assert.rejects(aborted, (error) => error instanceof InferenceError && error.code === 'aborted');
  assert.deepEqual(
    (await other).map(([value]) => value),
    [4],
  );
  assert.ok(given.length < 4, JSON.stringify(given));
  await assert.rejects(pool.run([ofLength(1)], controller.signal), InferenceError);
});

test('a failed input fails its call and no other', async () => {
  const { lanes } = fakeLanes(2);
  const pool = new LanePool(lanes, 2);
  const failing = pool.run([13, 2, 1].map(ofLength), never);
  const other = pool.run([8, 7].map(ofLength), never);
  await assert.rejects(failing, (error) => error instanceof InferenceError && error.code === 'model_failed');
  assert.equal((await other).length, 2);
});

test('closing fails what waits and waits for what is computed', async () => {
  const { lanes } = fakeLanes(1);
  const pool = new LanePool(lanes, 1);
  const waiting = assert.rejects(pool.run([3, 2].map(ofLength), never), /unloaded/);
  await pool.close(new InferenceError('model_failed', 'unloaded'));
  await waiting;
  await assert.rejects(pool.run([ofLength(1)], never), /unloaded/);
});
