import { InferenceError } from '../contract/errors.ts';
import type { Clock } from './clock.ts';
import type { Sequence } from './sequence.ts';

interface Waiting {
  sequence: Sequence;
  stopTimer: () => void;
}

/** Sequences without a slot, first come first served. One that waits too long is refused. */
export class WaitingQueue {
  private waiting: Waiting[] = [];
  private readonly clock: Clock;
  private readonly maxWaitMs: number;

  constructor(clock: Clock, maxWaitMs: number) {
    this.clock = clock;
    this.maxWaitMs = maxWaitMs;
  }

  get length(): number {
    return this.waiting.length;
  }

  /** Adds a sequence at the end; unless it is patient, it fails with `overloaded` when nobody has taken it in time. */
  push(sequence: Sequence, patient: boolean): void {
    if (patient) {
      this.waiting.push({ sequence, stopTimer: () => {} });
      return;
    }
    const stopTimer = this.clock.after(this.maxWaitMs, () => {
      this.remove(sequence);
      const seconds = Math.round(this.maxWaitMs / 1000);
      sequence.drop(
        new InferenceError('overloaded', `No slot became free within ${seconds} s; try again later.`, {
          retryAfter: Math.max(1, seconds),
        }),
      );
    });
    this.waiting.push({ sequence, stopTimer });
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<Sequence> {
    for (const { sequence } of this.waiting) yield sequence;
  }

  /** Lets a sequence wait as long as it takes: it could have a slot, but waits for something better. */
  spare(sequence: Sequence): void {
    this.waiting.find((entry) => entry.sequence === sequence)?.stopTimer();
  }

  /** Takes the sequence that has waited longest. */
  shift(): Sequence | undefined {
    const first = this.waiting.shift();
    first?.stopTimer();
    return first?.sequence;
  }

  /** Takes a sequence out, wherever it stands. */
  remove(sequence: Sequence): void {
    const index = this.waiting.findIndex((entry) => entry.sequence === sequence);
    if (index < 0) return;
    this.waiting[index]?.stopTimer();
    this.waiting.splice(index, 1);
  }
}
