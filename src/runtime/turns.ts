import { setImmediate } from 'node:timers/promises';
import { abortError } from '../contract/errors.ts';

/** Other requests get their turn after so many milliseconds. */
const SLICE_MS = 10;

/** Cuts the work for one request into slices, between which others have their turn. */
export class Turns {
  private readonly signal: AbortSignal;
  private began = performance.now();

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /**
   * To be called again and again while working.
   * @returns what to wait for where the slice is over; it rejects with the signal's reason
   */
  readonly next = (): Promise<void> | undefined =>
    performance.now() - this.began < SLICE_MS ? undefined : this.pause();

  private async pause(): Promise<void> {
    await setImmediate();
    if (this.signal.aborted) throw abortError(this.signal);
    this.began = performance.now();
  }
}
