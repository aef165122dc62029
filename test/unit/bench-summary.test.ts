import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../src/bench/load.ts';
import { percentiles } from '../../src/bench/percentiles.ts';
import { modelReads, readsBetween } from '../../src/bench/prompt-reads.ts';
import { summarize } from '../../src/bench/summary.ts';
import type { Answer } from '../../src/bench/target.ts';
import type { ModelStats } from '../../src/contract/model.ts';
import { Counters } from '../../src/scheduling/counters.ts';

test('percentiles are interpolated as NumPy does', () => {
  assert.deepEqual(percentiles([4, 1, 3, 2], [0, 0.5, 0.95, 1]), [1, 2.5, 3.8499999999999996, 4]);
  assert.deepEqual(percentiles([10, 9], [0.5]), [9.5]);
  assert.deepEqual(percentiles([7], [0.5, 0.99]), [7, 7]);
  assert.deepEqual(percentiles([], [0.5]), [undefined]);
});

function exchange(startMs: number, pieceMs: number[], of: Partial<Answer> = {}): Exchange {
  const answer: Answer = {
    text: '',
    firstTokenMs: pieceMs[0] ?? 0,
    totalMs: pieceMs.at(-1) ?? 0,
    pieceMs,
    promptTokens: 10,
    cachedTokens: 4,
    completionTokens: pieceMs.length,
    ...of,
  };
  return { client: 0, turn: 0, startMs, answer };
}

test('tokens count when they arrive inside the window, whenever their request ends', () => {
  const summary = summarize({
    clients: 2,
    windowMs: 2000,
    exchanges: [
      exchange(0, [100, 200, 400]),
      // two of its four pieces, for eight tokens, arrive before the window closes
      exchange(1000, [500, 1000, 1500, 2000], { completionTokens: 8 }),
      // sent before the window closed, and answered after it
      exchange(1900, [600]),
    ],
    failures: [{ client: 1, turn: 0, startMs: 0, error: new Error('no') }],
  });
  assert.deepEqual(summary, {
    clients: 2,
    seconds: 2,
    requests: 4,
    errors: 1,
    outputTokensPerSecond: (3 + 4) / 2,
    promptTokensPerSecond: 20 / 2,
    firstTokenMs: { p50: 500, p95: 590, p99: 598 },
    betweenTokensMs: { p50: 500, p95: 500 },
    totalMs: { p50: 600, p95: 1859.9999999999998 },
    promptTokens: 30,
    cachedTokens: 12,
    completionTokens: 12,
    promptTokensRead: null,
    promptTokensUnique: null,
  });
});

test('what a target does not tell is null, never a guess', () => {
  const silent = { promptTokens: undefined, cachedTokens: undefined };
  const load = { clients: 1, windowMs: 1000, failures: [] };
  const mixed = summarize({ ...load, exchanges: [exchange(0, [10]), exchange(0, [20], silent)] });
  assert.deepEqual([mixed.promptTokens, mixed.cachedTokens, mixed.promptTokensPerSecond], [null, null, null]);
  assert.deepEqual(mixed.betweenTokensMs, { p50: null, p95: null });
  const late = summarize({ ...load, exchanges: [exchange(900, [200])] });
  assert.deepEqual([late.outputTokensPerSecond, late.promptTokensPerSecond, late.promptTokens], [0, 0, 10]);
  const nothing = summarize({ ...load, windowMs: 0, exchanges: [] });
  assert.deepEqual([nothing.outputTokensPerSecond, nothing.totalMs.p50, nothing.promptTokens], [0, null, null]);
});

test('the counters of a model are taken before and after', async () => {
  assert.equal(await modelReads({})(), undefined);
  const counters = new Counters();
  counters.admitted([1, 2, 3, 4], 1);
  counters.stepped(5, 3, 1);
  const stats = (): ModelStats => ({ ...counters.totals(), slots: 1, slotsBusy: 0, queued: 0 });
  assert.deepEqual(await modelReads({ stats })(), { read: 3, unique: 4 });
  const reads = readsBetween({ read: 20, unique: 20 }, { read: 50, unique: 40 });
  assert.deepEqual(reads, { read: 30, unique: 20 });
  const summary = summarize({ clients: 1, windowMs: 1, exchanges: [], failures: [] }, reads);
  assert.deepEqual([summary.promptTokensRead, summary.promptTokensUnique], [30, 20]);
  assert.equal(readsBetween(undefined, { read: 1, unique: 1 }), undefined);
  assert.equal(readsBetween({ read: 9, unique: 9 }, { read: 1, unique: 1 }), undefined);
});
