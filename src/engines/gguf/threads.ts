import type { StepCosts } from './calibration.ts';

/** Chooses the threads of each step, and may learn from how long steps took. */
export interface Threads {
  /** @param tokens in the step; @param cells tokens that its sequences hold, over all of them */
  choose(tokens: number, cells: number): number;
  measured(tokens: number, cells: number, threads: number, ms: number): void;
}

/** The same threads for every step. */
export function fixedThreads(threads: number): Threads {
  return { choose: () => threads, measured: () => {} };
}

/** Counts that were so much slower than the best at load are not tried again. */
const HOPELESS = 2;
/** Consecutive steps of a trial. */
const TRIAL_STEPS = 8;
/** Steps of a trial that must be taken before it can end early. */
const LEAST_TRIAL = 2;
/** A count that is so much slower than another is given up. */
const CLEARLY_SLOWER = 1.4;
/** Steps after which the losers get another trial: other work on the machine comes and goes. */
const RETRY_AFTER = 200;
/** So many times as many before the one after that: a choice that held is likely to hold on. */
const RETRY_LATER = 1.5;
const RETRY_AFTER_AT_MOST = 5000;
/** Weight of the newest step: a moment in which something else had the core is no reason to change. */
const GAIN = 0.05;
/** Weight of a step of a trial. */
const TRIAL_GAIN = 0.2;
/** A step this many times as long as usual counts as so long. */
const OUTLIER = 4;

interface Candidate {
  threads: number;
  ms: number | undefined;
  trialSteps: number;
}

interface Case {
  /** Index of the step's size among those that were measured at load, and the logarithm of its cells. */
  size: number;
  length: number;
  candidates: Candidate[];
  /** Steps since the last trial. */
  steps: number;
  /** Steps before the next one. */
  retryAfter: number;
}

/**
 * Learns the best thread count while serving, apart for small and large steps and for short and long contexts: on 2 cores
 * eight sequences of 400 tokens took 48 ms with one thread and 30 with two, of no tokens 20 and 14 to 28. A measurement at
 * load tells which counts are worth a trial. Steps larger than it measured (prompts) get all threads.
 */
export class LearnedThreads implements Threads {
  private readonly costs: StepCosts;
  private readonly cases = new Map<string, Case>();

  constructor(costs: StepCosts) {
    this.costs = costs;
  }

  choose(tokens: number, cells: number): number {
    const found = this.caseOf(tokens, cells);
    if (!found) return this.costs.threads.at(-1) ?? 1;
    const trial = found.candidates.find(({ trialSteps }) => trialSteps > 0);
    if (trial) return trial.threads;
    found.steps += 1;
    if (found.steps >= found.retryAfter) {
      for (const candidate of found.candidates) candidate.trialSteps = TRIAL_STEPS;
      found.steps = 0;
      found.retryAfter = Math.min(found.retryAfter * RETRY_LATER, RETRY_AFTER_AT_MOST);
    }
    return fastestOf(found.candidates)?.threads ?? 1;
  }

  measured(tokens: number, cells: number, threads: number, ms: number): void {
    const found = this.caseOf(tokens, cells);
    const candidate = found?.candidates.find((one) => one.threads === threads);
    if (!found || !candidate) return;
    const gain = candidate.trialSteps > 0 ? TRIAL_GAIN : GAIN;
    const usual = candidate.ms ?? ms;
    candidate.ms = usual + gain * (Math.min(ms, OUTLIER * usual) - usual);
    candidate.trialSteps = Math.max(0, candidate.trialSteps - 1);
    const best = fastestOf(found.candidates)?.ms ?? ms;
    const tried = TRIAL_STEPS - candidate.trialSteps;
    if (tried >= LEAST_TRIAL && Math.min(candidate.ms, ms) > best * CLEARLY_SLOWER) candidate.trialSteps = 0;
  }

  private caseOf(tokens: number, cells: number): Case | undefined {
    const size = this.costs.sizes.findIndex((measured) => measured >= tokens);
    if (size < 0) return undefined;
    const length = Math.floor(Math.log2(cells + 256));
    let found = this.cases.get(`${size} ${length}`);
    if (!found) {
      found = { size, length, candidates: this.worthTrying(size, length), steps: 0, retryAfter: RETRY_AFTER };
      this.cases.set(`${size} ${length}`, found);
    }
    return found;
  }

  /**
   * The counts to try, those first that were fastest at load: who comes later can be given up early. More work divides better
   * among threads, so fewer threads than were best for less of it wait for the next trial.
   */
  private worthTrying(size: number, length: number): Candidate[] {
    const lesser = [...this.cases.values()].filter(
      (one) => one.size <= size && one.length <= length && one.candidates.every(({ trialSteps }) => trialSteps === 0),
    );
    const fewest = Math.max(1, ...lesser.map(({ candidates }) => fastestOf(candidates)?.threads ?? 1));
    const measured = this.costs.threads.map((threads, t) => ({ threads, ms: this.costs.ms[t]?.[size] ?? Infinity }));
    const best = Math.min(...measured.map(({ ms }) => ms));
    return measured
      .filter(({ ms }) => ms <= best * HOPELESS)
      .toSorted((a, b) => a.ms - b.ms)
      .map(({ threads }) => ({ threads, ms: undefined, trialSteps: threads < fewest ? 0 : TRIAL_STEPS }));
  }
}

function fastestOf(candidates: readonly Candidate[]): Candidate | undefined {
  let best = candidates[0];
  for (const candidate of candidates) if ((candidate.ms ?? Infinity) < (best?.ms ?? Infinity)) best = candidate;
  return best;
}
