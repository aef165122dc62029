import { InferenceError, type ErrorCode } from '../../../contract/errors.ts';

/** An error on its way between threads, where only plain data arrives whole. */
export interface SentError {
  message: string;
  /** Of an error of ours. */
  code: ErrorCode | undefined;
  param: string | undefined;
}

/** @param error whatever was thrown */
export function sent(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  const { code, param } = error instanceof InferenceError ? error : { code: undefined, param: undefined };
  return { message, code, param };
}

/** The error again, one of ours with its code. */
export function received({ message, code, param }: SentError): Error {
  return code === undefined ? new Error(message) : new InferenceError(code, message, { param });
}
