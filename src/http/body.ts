import { isUtf8 } from 'node:buffer';
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
  return [
    checkType,
    checkLength(limit),
    express.json({ limit, strict: false, type: () => true, verify: checkEncoding }),
    explain(limit),
  ];
}

/** A body over the limit is read to its end, so that the connection can go on; but not one over four limits and 16 MB. */
function hopeless(limit: number): number {
  return Math.max(4 * limit, 16 * 2 ** 20);
}

/** Refuses at once what is announced as hopelessly large or asks before it sends; cuts off what turns out to be. */
function checkLength(limit: number): RequestHandler {
  return (req, res, next) => {
    const announced = Number(req.get('content-length') ?? 0);
    if (announced > hopeless(limit) || (announced > limit && req.get('expect') !== undefined)) {
      res.set('connection', 'close');
      throw tooLarge(limit);
    }
    let received = 0;
    req.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > hopeless(limit)) req.destroy();
    });
    next();
  };
}

/** @throws InferenceError invalid_request for bytes that would otherwise be replaced without a word */
function checkEncoding(_req: unknown, _res: unknown, body: Buffer): void {
  if (isUtf8(body)) return;
  throw new InferenceError('invalid_request', 'The body is not valid UTF-8; encode it as UTF-8.');
}

function tooLarge(limit: number): InferenceError {
  return new InferenceError(
    'too_large',
    `The body is over the limit of ${limit} bytes; send less or raise --max-body.`,
  );
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
      return tooLarge(limit);
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
