import type { ErrorCode, InferenceError } from '../../contract/errors.ts';
import { statusOf } from '../status.ts';

/** OpenAI's `type` and `code` of each way to fail. https://platform.openai.com/docs/guides/error-codes */
const words: Record<ErrorCode, { type: string; code: string | null }> = {
  invalid_request: { type: 'invalid_request_error', code: null },
  context_exceeded: { type: 'invalid_request_error', code: 'context_length_exceeded' },
  unauthorized: { type: 'invalid_request_error', code: 'invalid_api_key' },
  forbidden: { type: 'invalid_request_error', code: 'forbidden' },
  not_found: { type: 'invalid_request_error', code: 'not_found' },
  previous_response_not_found: { type: 'invalid_request_error', code: 'previous_response_not_found' },
  model_not_found: { type: 'invalid_request_error', code: 'model_not_found' },
  method_not_allowed: { type: 'invalid_request_error', code: 'method_not_allowed' },
  too_large: { type: 'invalid_request_error', code: 'request_too_large' },
  unsupported_media_type: { type: 'invalid_request_error', code: 'unsupported_media_type' },
  overloaded: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  aborted: { type: 'invalid_request_error', code: 'aborted' },
  internal: { type: 'server_error', code: 'internal_error' },
  unsupported: { type: 'invalid_request_error', code: 'unsupported' },
  loading: { type: 'server_error', code: 'loading' },
  draining: { type: 'server_error', code: 'draining' },
  model_failed: { type: 'server_error', code: 'model_failed' },
  timeout: { type: 'server_error', code: 'timeout' },
  insufficient_memory: { type: 'server_error', code: 'insufficient_memory' },
};

/** An error as OpenAI writes it: `{error: {message, type, param, code}}`. */
export function openaiError(error: InferenceError): { status: number; body: unknown } {
  const { type, code } = words[error.code];
  const { message, param } = error;
  return { status: statusOf[error.code], body: { error: { message, type, param: param ?? null, code } } };
}
