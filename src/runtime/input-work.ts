import { InferenceError } from '../contract/errors.ts';
import type { InputStats } from '../contract/model.ts';
import { brokenEngine } from '../scheduling/failures.ts';

/** What an engine that reads whole inputs tells of itself. */
interface Lanes {
  readonly lanes: number;
  readonly load: { busy: number; waiting: number };
  readonly failed?: Promise<Error>;
}

export interface WorkLimits {
  /** Requests that may wait beside those that the lanes work on. */
  maxQueue: number;
  /** Milliseconds that a request may wait until the first of its inputs is computed. */
  maxQueueWaitMs: number;
}

/** Lets so many requests in, for so long, and counts what is computed. */
export class InputWork {
  private readonly engine: Lanes;
  private readonly limits: WorkLimits;
  private requests = 0;
  private inputs = 0;
  private tokens = 0;
  /** Resolves, with the reason, when the engine has failed for good. An input that could not be computed fails its own request alone. */
  readonly failed: Promise<Error>;

  constructor(engine: Lanes, limits: WorkLimits) {
    this.engine = engine;
    this.limits = limits;
    this.failed = engine.failed?.then(brokenEngine) ?? new Promise(() => {});
  }

  /**
   * Computes a request's inputs.
   * @param compute calls `begun` when the first of them is at work
   * @returns what was computed, the tokens of all inputs, and the milliseconds until the first was at work
   * @throws InferenceError overloaded, and whatever computing throws
   */
  async run<T>(
    inputs: readonly (readonly number[])[],
    signal: AbortSignal,
    compute: (signal: AbortSignal, begun: () => void) => Promise<T>,
  ): Promise<{ result: T; promptTokens: number; queueMs: number }> {
    const { maxQueue, maxQueueWaitMs } = this.limits;
    if (this.requests >= this.engine.lanes + maxQueue) {
      const message = `${this.requests} requests run or wait already; try again later.`;
      throw new InferenceError('overloaded', message, { retryAfter: 1 });
    }
    const from = performance.now();
    let queueMs = 0;
    const group = new AbortController();
    const leave = (): void => group.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    const timer = setTimeout(() => group.abort(waitedTooLong(maxQueueWaitMs)), maxQueueWaitMs);
    this.requests += 1;
    try {
      const result = await compute(group.signal, () => {
        clearTimeout(timer);
        queueMs = performance.now() - from;
      });
      const promptTokens = inputs.reduce((sum, { length }) => sum + length, 0);
      this.inputs += inputs.length;
      this.tokens += promptTokens;
      return { result, promptTokens, queueMs };
    } finally {
      this.requests -= 1;
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  stats(): InputStats {
    const { lanes, load } = this.engine;
    return {
      tokens: this.tokens,
      inputs: this.inputs,
      slots: lanes,
      slotsBusy: load.busy,
      queued: load.waiting,
    };
  }
}

function waitedTooLong(ms: number): InferenceError {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const message = `None of the inputs came to its turn within ${seconds} s; try again later.`;
  return new InferenceError('overloaded', message, { retryAfter: seconds });
}
