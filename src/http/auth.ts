import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { InferenceError } from '../contract/errors.ts';

/**
 * Lets only requests with one of the keys pass, as `Authorization: Bearer KEY` or `x-api-key: KEY`.
 * Without keys everybody passes. Hashes are compared: they have one length, and comparing them takes one time.
 * @throws InferenceError unauthorized
 */
export function requireKey(keys: readonly string[]): RequestHandler {
  const known = keys.map(hash);
  return (req, _res, next) => {
    if (known.length === 0) return next();
    const given = keyOf(req);
    if (given === undefined) {
      throw new InferenceError('unauthorized', 'An API key is needed; send it as "Authorization: Bearer KEY".');
    }
    const hashed = hash(given);
    const matches = known.filter((one) => timingSafeEqual(one, hashed));
    if (matches.length === 0)
      throw new InferenceError('unauthorized', 'The API key is not one of this server; check it.');
    next();
  };
}

function keyOf(req: Request): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(req.get('authorization') ?? '');
  return bearer?.[1] ?? req.get('x-api-key');
}

function hash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
