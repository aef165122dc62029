import type { WrapperContext } from '../../src/wrappers/model-wrapper.ts';
import type { Clock } from '../../src/wrappers/clock.ts';

/** Time that passes at once when somebody waits, and keeps how long they meant to wait. */
export class HastyClock implements Clock {
  readonly waited: number[] = [];
  /** Waits of this many milliseconds never end: they are limits, not pauses. */
  private readonly limits: readonly number[];

  constructor(limits: readonly number[] = [600_000]) {
    this.limits = limits;
  }

  after(ms: number, callback: () => void): () => void {
    if (this.limits.includes(ms)) return () => {};
    this.waited.push(ms);
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
}

/** What wrappers are made with in tests, and the warnings they gave. */
export function wrapperContext(
  env: NodeJS.ProcessEnv = {},
): WrapperContext & { clock: HastyClock; warnings: string[] } {
  const warnings: string[] = [];
  return {
    clock: new HastyClock(),
    fetch: (...args) => fetch(...args),
    env,
    warn: (sentence) => warnings.push(sentence),
    warnings,
  };
}
