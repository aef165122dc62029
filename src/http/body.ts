import express from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { InferenceError } from '../contract/errors.ts';

const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * Reads a JSON body into `req.body`.
 * @param limit bytes, after decompression
 * @throws InferenceError invalid_request, too_large, unsupported_media_type
 */
export function jsonBody(limit: number): (RequestHandler | ErrorRequestHandler)[] {
  return [checkType, express.json({ limit, strict: false, type: () => true }), explain(limit)];
}

const checkType: RequestHandler = (req, _res, next) => {
  const type = req.get('content-type');
  const length = req.get('content-length');
  if ((length === undefined || length === '0') && req.get('transfer-encoding') === undefined) {
    throw new InferenceError('invalid_request', 'The body is empty; send a JSON object.');
  }
  if (type === undefined || !jsonType.test(type)) {
    const got = type === undefined ? 'none' : JSON.stringify(type.slice(0, 80));
    const message = `The content type must be application/json, got ${got}; send a JSON object.`;
    throw new InferenceError('unsupported_media_type', message);
  }
  next();
};

/** What express.json throws, as ours. The cause is left out: it holds the body. */
function explain(limit: number): ErrorRequestHandler {
  return (error: unknown, _req, _res, next) => {
    next(error instanceof InferenceError ? error : translate(error, limit));
  };
}

function translate(error: unknown, limit: number): InferenceError {
  const message = error instanceof Error ? error.message : '';
  switch (error instanceof Error && 'type' in error ? error.type : undefined) {
    case 'entity.too.large':
      return new InferenceError(
        'too_large',
        `The body is over the limit of ${limit} bytes; send less or raise --max-body.`,
      );
    case 'charset.unsupported':
      return new InferenceError('unsupported_media_type', 'The charset of the body is not supported; send UTF-8.');
    case 'encoding.unsupported':
      return new InferenceError('unsupported_media_type', 'The content encoding is not supported; send gzip or none.');
    case 'entity.parse.failed':
      return new InferenceError('invalid_request', `The body is not valid JSON (${message}); send a JSON object.`);
    case 'request.aborted':
      return new InferenceError('aborted', 'The client left while it sent the body.');
    default:
      return new InferenceError('invalid_request', `The body could not be read (${message}); send a JSON object.`);
  }
}
