import { InferenceError } from '../contract/errors.ts';
import { inBytes } from '../contract/memory.ts';
import type { Place } from './place.ts';

/** After a load that failed, requests wait so long before they try again, twice as long each time, up to a minute. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** Notes a failure of a place. @param now by the clock, in milliseconds */
export function noteFailure(place: Place, error: InferenceError, now: number): void {
  if (place.resident === undefined) place.state = 'failed';
  place.error = error;
  place.failures += 1;
  place.retryAt = now + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (place.failures - 1));
}

/** The last failure again, where it was just now. @param now by the clock, in milliseconds */
export function recentFailure({ state, error, retryAt }: Place, now: number): InferenceError | undefined {
  const seconds = Math.ceil((retryAt - now) / 1000);
  if (state !== 'failed' || error === undefined || seconds <= 0) return undefined;
  return new InferenceError(error.code, error.message, { retryAfter: seconds, cause: error.cause });
}

/** What loading threw, as an error for clients. */
export function loadError({ source }: Place, thrown: unknown): InferenceError {
  if (thrown instanceof InferenceError) return thrown;
  const message = `The model ${source.id} could not be loaded; the server's log says why.`;
  return new InferenceError('model_failed', message, { cause: thrown });
}

/** The error of a model that takes more than all models together may. */
export function neverFits({ source }: Place, bytes: number, budget: number): InferenceError {
  return new InferenceError(
    'insufficient_memory',
    `The model ${source.id} needs ${inBytes(bytes)}, but all models together may take ${inBytes(budget)}; raise --memory-budget, or lower its context-size or parallel.`,
    { param: 'model' },
  );
}

/** The error of a server that ends. */
export function shuttingDown(): InferenceError {
  return new InferenceError('draining', 'The server is shutting down; try again in a few seconds.', { retryAfter: 5 });
}

/** The error of one request too many. @param waiting how many wait already */
export function lineIsFull(waiting: number): InferenceError {
  const message = `${waiting} requests wait for models to be loaded already; try again later.`;
  return new InferenceError('overloaded', message, { retryAfter: 1 });
}
