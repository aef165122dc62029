import { abortError, InferenceError } from '../../../contract/errors.ts';
import type { WholeInput } from '../../../contract/input.ts';

/** Computes inputs in one run. @returns a row for each */
export type ComputeBatch = (inputs: readonly WholeInput[]) => Promise<readonly Float32Array[]>;

/** The inputs of one request. */
interface Group {
  /** Those that were not taken yet, the longest at the end; some may have been taken meanwhile. */
  jobs: Job[];
  /** How many of them wait. */
  waiting: number;
  begun(): void;
}

interface Job {
  group: Group;
  input: WholeInput;
  taken: boolean;
  resolve(row: Float32Array): void;
  reject(error: Error): void;
}

/** Tokens of a run at most, padding included; more make a token no cheaper (docs/benchmarks.md). */
const MOST_TOKENS = 1024;
/** Milliseconds that a run should take at most: whoever comes waits for it to end. */
const RUN_MS = 150;
/** Tokens of the first run, when nobody knows yet how long it will take. */
const FIRST_TOKENS = 128;
/** A run costs as much as so many tokens more: padding up to that is cheaper than another run. */
const RUN_COST = 16;

/**
 * Puts the inputs that wait together into runs, whoever they are from: those of about the same length, so that little is
 * padded. Requests take turns: each run begins with the longest input of the next request, so one with thousands of inputs
 * holds nobody up for longer than the run that goes on.
 */
export class InputBatches {
  private readonly compute: ComputeBatch;
  /** Inputs of a run at most. */
  private readonly rows: number;
  /** By their length, the shortest first. */
  private waiting: Job[] = [];
  /** Requests with inputs that wait, the next one first. */
  private readonly groups = new Set<Group>();
  /** Whose input the last run began with. */
  private last: Group | undefined;
  private busy = 0;
  private tokensAtOnce = FIRST_TOKENS;
  private working: Promise<void> | undefined;
  private closed: InferenceError | undefined;

  constructor(compute: ComputeBatch, rows: number) {
    this.compute = compute;
    this.rows = rows;
  }

  /** Inputs that are being computed, and those that wait. */
  get load(): { busy: number; waiting: number } {
    return { busy: this.busy, waiting: this.waiting.length };
  }

  /**
   * The rows of inputs, in their order.
   * @param begun called once, when the first is at work
   * @throws InferenceError aborted or the signal's own reason, at once, also while a run goes on; model_failed
   */
  async run(inputs: readonly WholeInput[], signal: AbortSignal, begun: () => void = () => {}): Promise<Float32Array[]> {
    if (signal.aborted) throw abortError(signal);
    if (this.closed) throw this.closed;
    const group: Group = { jobs: [], waiting: inputs.length, begun: once(begun) };
    let leave = (): void => {};
    const left = new Promise<never>((_resolve, reject) => (leave = () => reject(abortError(signal))));
    const rows = inputs.map(
      (input) =>
        new Promise<Float32Array>((resolve, reject) =>
          group.jobs.push({ group, input, taken: false, resolve, reject }),
        ),
    );
    group.jobs.sort(byLength);
    this.waiting = [...this.waiting, ...group.jobs].toSorted(byLength);
    this.groups.add(group);
    signal.addEventListener('abort', leave, { once: true });
    try {
      this.working ??= this.work().finally(() => (this.working = undefined));
      return await Promise.race([Promise.all(rows), left]);
    } finally {
      signal.removeEventListener('abort', leave);
      this.drop(group);
    }
  }

  /** Fails what waits and resolves when the run has ended. */
  async close(reason: InferenceError): Promise<void> {
    this.closed = reason;
    for (const job of this.waiting) job.reject(reason);
    this.waiting = [];
    this.groups.clear();
    this.last = undefined;
    await this.working;
  }

  private async work(): Promise<void> {
    // Whoever asks in the same moment gets into the first run.
    await Promise.resolve();
    for (let batch = this.next(); batch.length > 0; batch = this.next()) {
      for (const { group } of batch) group.begun();
      this.busy = batch.length;
      const began = performance.now();
      try {
        const rows = await this.compute(batch.map(({ input }) => input));
        for (const [at, job] of batch.entries()) job.resolve(rows[at] ?? new Float32Array());
        this.learn(batch, performance.now() - began);
      } catch (cause) {
        const message = 'The engine failed while it computed these inputs; try again.';
        const error =
          cause instanceof InferenceError
            ? cause
            : new InferenceError('model_failed', message, { retryAfter: 1, cause });
        for (const { reject } of batch) reject(error);
      } finally {
        this.busy = 0;
      }
    }
  }

  /** Takes the inputs of the next run; none where nothing waits. */
  private next(): Job[] {
    // Whoever came during the last run is before the one that it began with.
    if (this.last !== undefined && this.last.waiting > 0) this.groups.add(this.last);
    const [group] = this.groups;
    if (group === undefined) return [];
    let head = group.jobs.pop();
    while (head?.taken === true) head = group.jobs.pop();
    const at = head === undefined ? -1 : this.waiting.indexOf(head);
    if (at < 0) throw new Error('A request waits without inputs.');
    let [from, to] = [at, at + 1];
    const length = lengthAt(this.waiting, at);
    for (;;) {
      const below = Math.abs(length - lengthAt(this.waiting, from - 1));
      const above = Math.abs(length - lengthAt(this.waiting, to));
      const wider = [
        { from: from - 1, to, far: below },
        { from, to: to + 1, far: above },
      ].toSorted((a, b) => a.far - b.far);
      const found = wider.find((range) => this.fits(range.from, range.to));
      if (found === undefined) break;
      ({ from, to } = found);
    }
    const batch = this.waiting.splice(from, to - from);
    this.groups.delete(group);
    this.last = group;
    for (const job of batch) {
      job.taken = true;
      job.group.waiting -= 1;
      if (job.group.waiting === 0) this.groups.delete(job.group);
    }
    return batch;
  }

  /** Whether the waiting inputs from `from` to `to` make one run. */
  private fits(from: number, to: number): boolean {
    const count = to - from;
    if (from < 0 || to > this.waiting.length || count > this.rows) return false;
    const padded = count * lengthAt(this.waiting, to - 1);
    const real = this.waiting.slice(from, to).reduce((sum, { input }) => sum + input.tokens.length, 0);
    return padded <= this.tokensAtOnce && padded - real <= RUN_COST + real / 8;
  }

  /** From what a run took, how many tokens the next ones may have. */
  private learn(batch: readonly Job[], ms: number): void {
    const padded = batch.length * Math.max(...batch.map(({ input }) => input.tokens.length));
    const affordable = (RUN_MS / ms) * padded;
    // Short runs tell little of long ones, and a machine is slow now and then: half the way at a time.
    const wanted = (this.tokensAtOnce + Math.min(affordable, 2 * this.tokensAtOnce)) / 2;
    this.tokensAtOnce = Math.min(MOST_TOKENS, Math.max(1, wanted));
  }

  /** Forgets what waits of a request that has left. */
  private drop(group: Group): void {
    if (group.waiting === 0) return;
    group.waiting = 0;
    this.groups.delete(group);
    this.waiting = this.waiting.filter((job) => job.group !== group);
  }
}

function byLength(a: Job, b: Job): number {
  return a.input.tokens.length - b.input.tokens.length;
}

function lengthAt(jobs: readonly Job[], at: number): number {
  return jobs[at]?.input.tokens.length ?? Infinity;
}

function once(call: () => void): () => void {
  let called = false;
  return () => {
    if (!called) call();
    called = true;
  };
}
