import { InferenceError } from '../contract/errors.ts';

/** Nobody more may wait. */
export function fullQueue(slots: number, waiting: number): InferenceError {
  return new InferenceError(
    'overloaded',
    `All ${slots} slots are busy and ${waiting} requests wait; try again later.`,
    { retryAfter: 1 },
  );
}

/** A step has failed that a request was part of. */
export function failedStep(cause: unknown): InferenceError {
  return new InferenceError('model_failed', 'The engine failed while it computed this answer; try again.', {
    retryAfter: 1,
    cause,
  });
}

/** The engine has failed for good. */
export function brokenEngine(cause: unknown): InferenceError {
  return new InferenceError('model_failed', 'The model has failed and must be loaded again.', {
    retryAfter: 30,
    cause,
  });
}
