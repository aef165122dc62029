import { abortError, InferenceError } from '../../contract/errors.ts';

/** Computes one input at a time; several lanes compute beside each other. */
export interface Lane {
  compute(tokens: readonly number[], threads: number): Promise<Float64Array>;
}

interface Job {
  /** Of which call it is. */
  group: symbol;
  tokens: readonly number[];
  signal: AbortSignal;
  begun(): void;
  resolve(vector: Float64Array): void;
  reject(error: Error): void;
}

/** Beside other lanes shorter inputs lose more by starting a second thread than it gains them. */
const WORTH_THREADS = 128;

/** Hands inputs to lanes in the order of their requests; an input that is long and alone gets the threads of idle lanes. */
export class LanePool {
  private readonly idle: Lane[];
  private readonly cores: number;
  private readonly count: number;
  private readonly jobs: Job[] = [];
  private readonly working = new Set<Promise<void>>();
  private closed: InferenceError | undefined;

  constructor(lanes: readonly Lane[], cores: number) {
    this.idle = [...lanes];
    this.count = lanes.length;
    this.cores = cores;
  }

  /** Inputs that are being computed, and those that wait for a lane. */
  get load(): { busy: number; waiting: number } {
    return { busy: this.count - this.idle.length, waiting: this.jobs.length };
  }

  /**
   * The vectors of inputs, in their order. The longest begin, so that no lane is left with a long one at the end.
   * @param begun called once, when the first is at work
   * @throws InferenceError aborted or the signal's own reason, model_failed
   */
  async run(
    inputs: readonly (readonly number[])[],
    signal: AbortSignal,
    begun: () => void = () => {},
  ): Promise<Float64Array[]> {
    if (signal.aborted) throw abortError(signal);
    if (this.closed) throw this.closed;
    const group = Symbol('inputs of one call');
    let first = true;
    const start = (): void => {
      if (first) begun();
      first = false;
    };
    const vectors: Promise<Float64Array>[] = [];
    for (const [at, tokens] of [...inputs.entries()].toSorted(([, a], [, b]) => b.length - a.length)) {
      vectors[at] = new Promise((resolve, reject) =>
        this.jobs.push({ group, tokens, signal, begun: start, resolve, reject }),
      );
    }
    const onAbort = (): void => this.drop((job) => job.group === group, abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.start();
      return await Promise.all(vectors);
    } finally {
      signal.removeEventListener('abort', onAbort);
      // What is left where one input failed.
      this.drop((job) => job.group === group, new InferenceError('aborted', 'Another input failed.'));
    }
  }

  /** Fails what waits and resolves when the lanes are at rest. */
  async close(reason: InferenceError): Promise<void> {
    this.closed = reason;
    this.drop(() => true, reason);
    await Promise.all(this.working);
  }

  private drop(matches: (job: Job) => boolean, error: Error): void {
    for (let at = this.jobs.length - 1; at >= 0; at -= 1) {
      const job = this.jobs[at];
      if (!job || !matches(job)) continue;
      this.jobs.splice(at, 1);
      job.reject(error);
    }
  }

  private start(): void {
    for (let waiting = this.jobs.length; waiting > 0; waiting -= 1) {
      const lane = this.idle.pop();
      if (!lane) return;
      const work = this.work(lane).finally(() => this.working.delete(work));
      this.working.add(work);
    }
  }

  private async work(lane: Lane): Promise<void> {
    // All lanes that are about to begin count as busy.
    await Promise.resolve();
    for (let job = this.jobs.shift(); job; job = this.jobs.shift()) {
      job.begun();
      const busy = this.count - this.idle.length;
      const short = this.count > 1 && job.tokens.length < WORTH_THREADS;
      const threads = short ? 1 : Math.max(1, Math.floor(this.cores / busy));
      try {
        const vector = await lane.compute(job.tokens, threads);
        if (job.signal.aborted) job.reject(abortError(job.signal));
        else job.resolve(vector);
      } catch (cause) {
        const message = 'The engine failed while it computed this vector; try again.';
        job.reject(new InferenceError('model_failed', message, { retryAfter: 1, cause }));
      }
    }
    this.idle.push(lane);
  }
}
