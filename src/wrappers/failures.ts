import { InferenceError, type ErrorCode } from '../contract/errors.ts';

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  413: 'too_large',
  415: 'unsupported_media_type',
  422: 'invalid_request',
  429: 'overloaded',
  501: 'unsupported',
  503: 'loading',
  504: 'timeout',
};

const advice: Readonly<Record<number, string>> = {
  401: "check the key in the config's api_key or headers",
  403: "check what the key in the config's api_key or headers may do",
  404: "check the config's api_url or base_url, and model_name",
  429: 'ask more slowly, or raise max_retries and retry_interval',
  503: 'the model may still be loading; raise max_retries and retry_interval',
};

/** A status that is not 200 as an error. @param said the server's own words, '' where there are none */
export function statusError(who: string, status: number, said: string, tries: number, cause?: unknown): InferenceError {
  const words = said === '' ? '' : `: ${said.slice(0, 300).replace(/[.\s]+$/, '')}`;
  const times = tries > 1 ? ` ${tries} times` : '';
  const todo = advice[status];
  const message = `${who} answered ${status}${times}${words}${todo === undefined ? '' : `; ${todo}`}.`;
  return new InferenceError(codes[status] ?? (status >= 500 ? 'model_failed' : 'invalid_request'), message, { cause });
}

/** Whether the same request can have another answer a little later. */
export function worthAnotherTry(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** What a body says went wrong, in the forms of OpenAI, Hugging Face, FastAPI and Flask. */
export function wordsOf(body: unknown): string {
  if (typeof body === 'string') return /^\s*</.test(body) ? '' : body.trim();
  if (typeof body !== 'object' || body === null) return '';
  for (const key of ['error', 'errors', 'message', 'Message', 'detail']) {
    const value = (body as Record<string, unknown>)[key];
    const [first] = Array.isArray(value) ? (value as unknown[]) : [value];
    if (typeof first === 'string') return first;
    if (typeof first === 'object' && first !== null) return wordsOf(first);
  }
  return '';
}
