import { z } from 'zod';
import type { ErrorCode, InferenceError } from '../contract/errors.ts';

/** The HTTP status of each way to fail; the same in every dialect. 499 is seen by the log alone. */
export const statusOf: Record<ErrorCode, number> = {
  invalid_request: 400,
  context_exceeded: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  // as OpenAI: the path is there, the body is wrong
  previous_response_not_found: 400,
  model_not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  unsupported_media_type: 415,
  overloaded: 429,
  aborted: 499,
  internal: 500,
  unsupported: 501,
  loading: 503,
  draining: 503,
  model_failed: 503,
  timeout: 504,
  insufficient_memory: 507,
};

/** What `plainError` makes. */
export const plainErrorSchema = z.object({
  error: z.object({
    message: z.string().describe('One sentence that says what to change.'),
    code: z.string(),
    param: z.string().nullable().describe('The field that is wrong.'),
  }),
});

/** The error body of `/llm/`, and of paths that belong to no dialect: `{error: {message, code, param}}`. */
export function plainError(error: InferenceError): { status: number; body: unknown } {
  const { code, message, param } = error;
  return { status: statusOf[code], body: { error: { message, code, param: param ?? null } } };
}
