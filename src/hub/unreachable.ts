import { InferenceError } from '../contract/errors.ts';

/** Nobody answered, or the connection broke. */
export class Unreachable extends InferenceError {
  /** No name server knows the host: another try makes no sense. */
  readonly unknownHost: boolean;

  constructor(host: string, cause: unknown) {
    super('model_failed', `${host} cannot be reached (${reasonOf(cause)}); check the network and the endpoint.`, {
      cause,
    });
    this.name = 'Unreachable';
    this.unknownHost = codeOf(cause) === 'ENOTFOUND';
  }
}

/** Why a connection failed, from the innermost cause: `fetch failed` says nothing. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error ? error.code : codeOf(error.cause);
}
