import type { ErrorRequestHandler } from 'express';
import { InferenceError } from '../contract/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { plainError } from '../dialects/status.ts';
import { recordOf } from './record.ts';

/** Anything thrown, as an error to reply with. What we don't know becomes `internal`, with its cause for the log. */
export function toInferenceError(error: unknown): InferenceError {
  if (error instanceof InferenceError) return error;
  if (error instanceof URIError)
    return new InferenceError('invalid_request', 'The path is not valid percent-encoding.');
  return new InferenceError('internal', 'The server failed; its log says why.', { cause: error });
}

/** Whether a path is one of a pattern with parameters: `/models/:id`. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at]);
}

/** The dialect that has a route for this path, else the one under whose prefix it lies. */
function dialectOf(dialects: readonly Dialect[], method: string, path: string): Dialect | undefined {
  const lower = path.toLowerCase().replace(/(?<=.)\/$/, '');
  const having = (so: (pattern: string) => boolean): Dialect | undefined =>
    dialects.find(({ routes }) => routes.some((route) => route.method === method && route.paths.some(so)));
  const exact = having((pattern) => pattern === lower);
  return (
    exact ??
    having((pattern) => matches(pattern, lower)) ??
    dialects.find(({ prefixes }) => prefixes.some((prefix) => `${lower}/`.startsWith(`${prefix}/`)))
  );
}

/** Answers an error in the form of the path's dialect. Nothing is sent to a client that left. */
export function replyWithError(dialects: readonly Dialect[]): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const error = toInferenceError(thrown);
    recordOf(res).error = error;
    if (res.closed) return;
    const dialect = dialectOf(dialects, req.method, req.path);
    const { status, body } = dialect === undefined ? plainError(error) : dialect.error(error);
    if (status === 401) res.set('www-authenticate', 'Bearer realm="hearth"');
    if (error.allow !== undefined) res.set('allow', error.allow.join(', '));
    if (status === 429 || status === 503) res.set('retry-after', String(error.retryAfter ?? 1));
    res.status(status).json(body);
  };
}
