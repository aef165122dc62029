/** Every way in which a request can fail. Each dialect maps all of them to its own status and body. */
export type ErrorCode =
  | 'invalid_request'
  | 'context_exceeded'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'previous_response_not_found'
  | 'model_not_found'
  | 'method_not_allowed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'overloaded'
  | 'loading'
  | 'draining'
  | 'model_failed'
  | 'aborted'
  | 'internal'
  | 'unsupported'
  | 'timeout'
  | 'insufficient_memory';

export interface ErrorDetails {
  /** The request field that is wrong, as the client wrote it. */
  param?: string | undefined;
  /** Whole seconds after which another try makes sense (overloaded, loading, draining, model_failed). */
  retryAfter?: number | undefined;
  /** The methods that a path takes (method_not_allowed). */
  allow?: readonly string[] | undefined;
  /** What really happened; goes to the log, never to the client. */
  cause?: unknown;
}

/** The one error that rooms throw at each other. Its message is for the client: one sentence that says what to change. */
export class InferenceError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly retryAfter: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'InferenceError';
    this.code = code;
    this.param = details.param;
    this.retryAfter = details.retryAfter;
    this.allow = details.allow;
  }
}

/** Why a signal was aborted, as an error to throw: its own reason where that is one of ours, else `aborted`. */
export function abortError(signal: AbortSignal): InferenceError {
  if (signal.reason instanceof InferenceError) return signal.reason;
  return new InferenceError('aborted', 'The request was cancelled by the client.', { cause: signal.reason });
}
