import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedThreads, LearnedThreads } from '../../src/engines/gguf/threads.ts';

/** One thread wins small steps by far, four are hopeless, and eight rows are a close call. */
const costs = {
  threads: [1, 2, 4],
  sizes: [1, 4, 8],
  ms: [
    [8, 16, 20],
    [20, 18, 22],
    [40, 60, 70],
  ],
};

/** Runs steps of a made-up machine and counts how often each thread count was chosen. */
function run(threads: LearnedThreads, tokens: number, cells: number, steps: number, ms: (used: number) => number) {
  const counts = new Map<number, number>();
  for (let step = 0; step < steps; step += 1) {
    const used = threads.choose(tokens, cells);
    counts.set(used, (counts.get(used) ?? 0) + 1);
    threads.measured(tokens, cells, used, ms(used));
  }
  return counts;
}

test('counts that were far slower at load are never tried', () => {
  const counts = run(new LearnedThreads(costs), 1, 100, 1000, () => 10);
  assert.deepEqual([...counts.keys()], [1]);
});

test('a close call is decided by the steps themselves, apart for short and long contexts', () => {
  const threads = new LearnedThreads(costs);
  const short = run(threads, 8, 100, 300, (used) => (used === 1 ? 20 : 25));
  const long = run(threads, 8, 4000, 300, (used) => (used === 1 ? 48 : 30));
  // Two trials of eight steps each; where the loser is clearly slower, the second ends after two.
  assert.deepEqual(Object.fromEntries(short), { 1: 284, 2: 16 });
  assert.deepEqual(Object.fromEntries(long), { 1: 10, 2: 290 });
});

test('a count that is clearly slower than one that was tried before it is given up after two steps', () => {
  const close = { threads: [1, 2], sizes: [4], ms: [[20], [15]] };
  const counts = run(new LearnedThreads(close), 4, 4000, 150, (used) => (used === 1 ? 300 : 160));
  assert.deepEqual(Object.fromEntries(counts), { 1: 2, 2: 148 });
});

test('with longer contexts, fewer threads than were best before wait for the next trial', () => {
  const close = { threads: [1, 2], sizes: [4], ms: [[20], [15]] };
  const threads = new LearnedThreads(close);
  const ms = (used: number): number => (used === 1 ? 30 : 16);
  run(threads, 4, 1000, 50, ms);
  assert.deepEqual(Object.fromEntries(run(threads, 4, 2000, 150, ms)), { 2: 150 });
  assert.deepEqual(Object.fromEntries(run(threads, 4, 2000, 100, ms)), { 1: 2, 2: 98 });
});

test('with more sequences too, and what was not tried says nothing', () => {
  const close = {
    threads: [1, 2],
    sizes: [4, 16],
    ms: [
      [20, 60],
      [15, 40],
    ],
  };
  const ms = (used: number): number => (used === 1 ? 30 : 16);
  const threads = new LearnedThreads(close);
  run(threads, 4, 8000, 50, ms);
  assert.deepEqual(Object.fromEntries(run(threads, 16, 32_000, 100, ms)), { 2: 100 });
  const hasty = new LearnedThreads(close);
  run(hasty, 4, 8000, 1, ms);
  assert.deepEqual(Object.fromEntries(run(hasty, 16, 32_000, 100, ms)), { 1: 2, 2: 98 });
});

test('one slow moment of the machine changes nothing', () => {
  const threads = new LearnedThreads(costs);
  run(threads, 8, 100, 50, (used) => (used === 1 ? 25 : 20));
  threads.measured(8, 100, threads.choose(8, 100), 400);
  assert.equal(threads.choose(8, 100), 2);
});

test('a choice is made anew when the machine has changed', () => {
  const threads = new LearnedThreads(costs);
  run(threads, 8, 100, 300, (used) => (used === 1 ? 20 : 25));
  const later = run(threads, 8, 100, 1000, (used) => (used === 1 ? 40 : 25));
  assert.ok((later.get(2) ?? 0) > 700, JSON.stringify([...later]));
});

test('steps larger than what was measured get all threads, and a fixed count is used for all', () => {
  assert.equal(new LearnedThreads(costs).choose(9, 0), 4);
  assert.deepEqual(
    [1, 8, 500].map((tokens) => fixedThreads(3).choose(tokens, 9)),
    [3, 3, 3],
  );
});
