/** How long decode steps take on this machine with this model, by threads and batch. */
export interface StepCosts {
  /** The thread counts that were tried, ascending. */
  threads: readonly number[];
  /** The numbers of sequences in a step that were tried, ascending. */
  sizes: readonly number[];
  /** Milliseconds: ms[t][s] is the mean for threads[t] and sizes[s]. */
  ms: readonly (readonly number[])[];
}

const ROUNDS = 8;
/** Nothing more is measured after this long; what was not measured is not chosen. */
const TIME_LIMIT_MS = 800;

/**
 * Measures decode steps, all cases in turn so that a noisy moment falls on all of them.
 * @param threads the counts to try, ascending
 * @param decode runs one decode step of `size` sequences with `threads` threads
 */
export async function measureSteps(
  threads: readonly number[],
  slots: number,
  decode: (size: number, threads: number) => Promise<void>,
): Promise<StepCosts> {
  const sizes = powersOfTwoTo(slots);
  const times = threads.map(() => sizes.map((): number[] => []));
  await decode(sizes.at(-1) ?? 1, threads.at(-1) ?? 1);
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [s, size] of sizes.entries()) {
      for (const [t, count] of [...threads.entries()].toReversed()) {
        if (performance.now() - began > TIME_LIMIT_MS) break;
        const start = performance.now();
        await decode(size, count);
        times[t]?.[s]?.push(performance.now() - start);
      }
    }
  }
  return { threads, sizes, ms: times.map((row) => row.map(mean)) };
}

/**
 * How many idle sequences between two busy ones are worth decoding along, so that both stay in one native batch:
 * a second batch costs a step of its own, an idle row only the slope between small and large steps.
 */
export function affordableGap(costs: StepCosts): number {
  const fastest = costs.sizes.map((_, s) => Math.min(...costs.ms.map((row) => row[s] ?? Infinity)));
  const first = fastest[0] ?? 0;
  const last = fastest[fastest.length - 1] ?? first;
  const sizes = (costs.sizes[costs.sizes.length - 1] ?? 1) - (costs.sizes[0] ?? 1);
  const row = sizes > 0 ? Math.max((last - first) / sizes, first / 100) : Infinity;
  return Math.floor(first / row);
}

/** 1, 2, 4 … and the limit itself: thread counts or batch sizes worth trying. */
export function powersOfTwoTo(limit: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < limit; count *= 2) counts.push(count);
  return [...counts, limit];
}

/**
 * The mean and not the median: threads are started and joined for every step, and on busy cores some of these starts take
 * tens of milliseconds. That is the very cost to be weighed (8 sequences on 2 cores: 10 ms at best, 25 on average, against
 * 18 with one thread).
 */
function mean(values: readonly number[]): number {
  return values.length === 0 ? Infinity : values.reduce((sum, value) => sum + value, 0) / values.length;
}
