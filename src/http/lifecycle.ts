import type { ServerResponse } from 'node:http';
import { InferenceError } from '../contract/errors.ts';

/** A longer timer would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Work {
  /** Aborted when the client leaves, the time is up, or the server stops waiting. */
  readonly signal: AbortSignal;
  /** Call when the work is over, however it ended. */
  readonly end: () => void;
}

/** loading → ready → draining, and the work that runs meanwhile. */
export class Lifecycle {
  #state: 'loading' | 'ready' | 'draining' = 'loading';
  readonly #running = new Set<AbortController>();
  #waiting: (() => void)[] = [];

  get state(): 'loading' | 'ready' | 'draining' {
    return this.#state;
  }

  ready(): void {
    if (this.#state === 'loading') this.#state = 'ready';
  }

  drain(): void {
    this.#state = 'draining';
  }

  /** @throws InferenceError loading, draining: no new work now */
  admit(): void {
    if (this.#state === 'loading') {
      throw new InferenceError('loading', 'The model is still loading; try again in a few seconds.', { retryAfter: 2 });
    }
    if (this.#state === 'draining') throw shuttingDown();
  }

  /**
   * Begins work that ends with the reply. The one cancel path: a client that left, a timeout and a drain
   * all abort this one controller.
   * @throws as `admit`
   */
  begin(res: ServerResponse, timeoutMs: number): Work {
    this.admit();
    const controller = new AbortController();
    const seconds = timeoutMs / 1000;
    const timer = setTimeout(
      () => {
        const message = `The request took longer than ${seconds} s; ask for fewer tokens or raise --timeout.`;
        controller.abort(new InferenceError('timeout', message));
      },
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    );
    const left = (): void => controller.abort();
    if (res.closed) left();
    res.once('close', left);
    this.#running.add(controller);
    return {
      signal: controller.signal,
      end: () => {
        clearTimeout(timer);
        res.off('close', left);
        // a drain also waits for replies that are still on their way to a slow reader
        if (res.closed) this.#ended(controller);
        else res.once('close', () => this.#ended(controller));
      },
    };
  }

  /** Resolves when no work runs and all its replies are out. */
  idle(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Aborts all running work, for a server that stops waiting for it. */
  abortAll(): void {
    for (const controller of this.#running) controller.abort(shuttingDown());
  }

  #ended(controller: AbortController): void {
    this.#running.delete(controller);
    if (this.#running.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}

function shuttingDown(): InferenceError {
  return new InferenceError('draining', 'The server is shutting down; try again in a few seconds.', { retryAfter: 5 });
}
