import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { InferenceError } from '../../src/contract/errors.ts';
import type { WholeInput } from '../../src/contract/input.ts';
import { InputBatches } from '../../src/engines/onnx/encoder/input-batches.ts';

const ofLength = (length: number, id = 1): WholeInput => ({ tokens: Array.from({ length }, () => id) });
const never = new AbortController().signal;
const lengths = (inputs: readonly WholeInput[]): number[] => inputs.map(({ tokens }) => tokens.length);

/** Batches whose rows are the input's first token and length; each run is told, and takes so long. */
function fake(rows = 32, msOf: (inputs: readonly WholeInput[]) => number = () => 0) {
  const runs: number[][] = [];
  let running = false;
  const batches = new InputBatches(async (inputs) => {
    assert.equal(running, false, 'two runs at once');
    running = true;
    runs.push(lengths(inputs));
    const ms = msOf(inputs);
    await (ms > 0 ? setTimeout(ms) : setImmediate());
    running = false;
    if (inputs.some(({ tokens }) => tokens.length === 13)) throw new Error('native');
    return inputs.map(({ tokens }) => Float32Array.of(tokens[0] ?? 0, tokens.length));
  }, rows);
  return { batches, runs };
}

test('rows come in the order of their inputs, and inputs of about one length are one run, the longest first', async () => {
  const { batches, runs } = fake();
  const rows = await batches.run(
    [40, 3, 41, 5, 39].map((length) => ofLength(length)),
    never,
  );
  assert.deepEqual(
    rows.map(([, length]) => length),
    [40, 3, 41, 5, 39],
  );
  assert.deepEqual(runs, [
    [39, 40, 41],
    [3, 5],
  ]);
  assert.deepEqual(batches.load, { busy: 0, waiting: 0 });
});

test('what waits of several requests is one run, and each request gets its own rows', async () => {
  const { batches, runs } = fake();
  const requests = [1, 2, 3, 4].map((id) => batches.run([ofLength(6, id), ofLength(7, id)], never));
  for (const [at, rows] of (await Promise.all(requests)).entries()) {
    assert.deepEqual(
      rows.map((row) => [...row]),
      [
        [at + 1, 6],
        [at + 1, 7],
      ],
    );
  }
  assert.deepEqual(runs, [[6, 6, 6, 6, 7, 7, 7, 7]]);
});

test('a run has no more inputs than may be computed together', async () => {
  const { batches, runs } = fake(3);
  await batches.run(
    Array.from({ length: 8 }, () => ofLength(4)),
    never,
  );
  assert.deepEqual(
    runs.map((run) => run.length),
    [3, 3, 2],
  );
});

test('requests take turns: one with many inputs holds another up for the run that goes on', async () => {
  const { batches, runs } = fake(4);
  const many = batches.run(
    Array.from({ length: 40 }, () => ofLength(50)),
    never,
  );
  await setImmediate();
  await batches.run([ofLength(5)], never);
  assert.deepEqual(runs[1], [5]);
  assert.equal((await many).length, 40);
});

test('runs of a slow model get smaller, those of a fast one larger', async () => {
  const input = Array.from({ length: 200 }, () => ofLength(16));
  const slow = fake(32, (inputs) => 20 * inputs.length);
  await slow.batches.run(input.slice(0, 40), never);
  assert.ok((slow.runs.at(-2) ?? []).length <= 8, 'a run takes about 150 ms');
  const fast = fake(64);
  await fast.batches.run(input, never);
  assert.equal(fast.runs[0]?.length, 8);
  assert.ok(Math.max(...fast.runs.map((run) => run.length)) >= 32);
});

test('an input that is longer than any run may be is a run of its own', async () => {
  const { batches, runs } = fake();
  await batches.run([ofLength(5000), ofLength(5000)], never);
  assert.deepEqual(runs, [[5000], [5000]]);
});

test('a request is told once, when its first input is at work', async () => {
  const { batches, runs } = fake(1);
  const begun: number[] = [];
  const first = batches.run(
    [3, 4].map((length) => ofLength(length)),
    never,
    () => begun.push(runs.length),
  );
  const second = batches.run(
    [5, 6].map((length) => ofLength(length)),
    never,
    () => begun.push(runs.length),
  );
  assert.deepEqual(begun, []);
  await Promise.all([first, second]);
  assert.deepEqual(begun, [0, 1]);
});

test('a request that is aborted ends at once, also in the middle of a run; its other inputs are not computed', async () => {
  const { batches, runs } = fake(1, () => 100);
  const controller = new AbortController();
  const aborted = batches.run(
    [7, 6, 5].map((length) => ofLength(length)),
    controller.signal,
  );
  const other = batches.run([ofLength(4)], never);
  await setImmediate();
  assert.deepEqual(batches.load, { busy: 1, waiting: 3 });
  const began = performance.now();
  controller.abort();
  await assert.rejects(aborted, (error) => error instanceof InferenceError && error.code === 'aborted');
  assert.ok(performance.now() - began < 50);
  assert.equal(batches.load.waiting, 1);
  assert.equal((await other)[0]?.[1], 4);
  assert.deepEqual(runs, [[7], [4]]);
  await assert.rejects(batches.run([ofLength(1)], AbortSignal.abort()), { code: 'aborted' });
});

test('a run that fails fails its requests, and the others go on', async () => {
  const { batches } = fake(1);
  const failing = batches.run([ofLength(13)], never);
  const other = batches.run([ofLength(4)], never);
  await assert.rejects(failing, { code: 'model_failed', retryAfter: 1 });
  assert.equal((await other).length, 1);
});

test('closing fails what waits and lets the run end', async () => {
  const { batches, runs } = fake(1);
  const reason = new InferenceError('model_failed', 'Unloading.');
  const first = batches.run([ofLength(5)], never);
  const second = batches.run([ofLength(4)], never);
  await setImmediate();
  const closing = batches.close(reason);
  await assert.rejects(second, reason);
  assert.equal((await first).length, 1);
  await closing;
  assert.deepEqual(runs, [[5]]);
  await assert.rejects(batches.run([ofLength(1)], never), reason);
});

test('whatever is asked by whomever, everybody gets their own rows', async () => {
  const request = fc.array(
    fc.integer({ min: 1, max: 200 }).filter((length) => length !== 13),
    {
      minLength: 1,
      maxLength: 30,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 6 }), async (requests) => {
      const { batches, runs } = fake();
      const all = requests.map((of, id) =>
        batches.run(
          of.map((length) => ofLength(length, id)),
          never,
        ),
      );
      for (const [id, rows] of (await Promise.all(all)).entries()) {
        assert.deepEqual(
          rows.map((row) => [...row]),
          requests[id]?.map((length) => [id, length]),
        );
      }
      for (const run of runs) {
        const real = run.reduce((sum, length) => sum + length, 0);
        assert.ok(run.length * Math.max(...run) - real <= 16 + real / 8, `much padding in ${run.join(' ')}`);
      }
    }),
  );
});
