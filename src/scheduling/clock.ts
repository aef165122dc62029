/** Time, so that tests can have their own. */
export interface Clock {
  /** Milliseconds from an arbitrary beginning. */
  now(): number;
  /** Calls back once after `ms` milliseconds. @returns a function that calls it off. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
