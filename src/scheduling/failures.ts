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

/** The engine has failed for good. @param cause its message is told where it is an error of ours */
export function brokenEngine(cause: unknown): InferenceError {
  const failed = 'The model has failed and must be loaded again.';
  const message = cause instanceof InferenceError ? `${failed} ${cause.message}` : failed;
  return new InferenceError('model_failed', message, { retryAfter: 30, cause });
}
