import type { ErrorCode, InferenceError } from '../../contract/errors.ts';
import { statusOf } from '../status.ts';

/** llama-server's `type` of each way to fail (its tools/server, format_error_response). */
const types: Record<ErrorCode, string> = {
  invalid_request: 'invalid_request_error',
  context_exceeded: 'exceed_context_size_error',
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  not_found: 'not_found_error',
  previous_response_not_found: 'invalid_request_error',
  model_not_found: 'not_found_error',
  method_not_allowed: 'invalid_request_error',
  too_large: 'invalid_request_error',
  unsupported_media_type: 'invalid_request_error',
  overloaded: 'unavailable_error',
  aborted: 'invalid_request_error',
  internal: 'server_error',
  unsupported: 'not_supported_error',
  loading: 'unavailable_error',
  draining: 'unavailable_error',
  model_failed: 'unavailable_error',
  timeout: 'server_error',
  insufficient_memory: 'server_error',
};

/** An error as llama-server writes it, `{error: {code, message, type}}` with the status as code; `param` is ours. */
export function llamaServerError(error: InferenceError): { status: number; body: unknown } {
  const status = statusOf[error.code];
  const { message, param } = error;
  return { status, body: { error: { code: status, message, type: types[error.code], param: param ?? null } } };
}
