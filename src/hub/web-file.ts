import { createHash } from 'node:crypto';
import { basename } from 'node:path/posix';
import { InferenceError, type ErrorCode } from '../contract/errors.ts';
import { tooOften } from './explain.ts';
import { get, retried, StatusError, type Ask } from './http.ts';
import { rangeHeader, type Context, type Hub, type RepoFile } from './hub.ts';
import { isSafePath } from './paths.ts';

/** One GGUF file at a plain URL, seen as a repository with one file. Nobody tells its sum, so its size and version must do. */
export function webFile(url: URL): Hub {
  const name = fileName(url);
  // A query often holds a signature that changes; the file is the same.
  const plain = `${url.origin}${url.pathname}`;
  let etag: string | undefined;
  const ask = (context: Context): Ask => ({ ...context });
  const explain: Hub['explain'] = (error) => explained(error, plain, url.host);
  return {
    folder: `${url.hostname}--${createHash('sha256').update(plain).digest('hex').slice(0, 16)}`,
    usualRevision: 'main',
    explain,
    async list(_revision, context) {
      try {
        const ranged = { ...ask(context), headers: { range: rangeHeader({ from: 0, to: 0 }) } };
        const { response, linkedEtag } = await retried(() => get(url, ranged), context);
        await response.body?.cancel().catch(() => {});
        const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
        const length = response.status === 200 ? response.headers.get('content-length') : undefined;
        const bytes = Number(total ?? length ?? Number.NaN);
        if (!Number.isSafeInteger(bytes))
          throw new InferenceError(
            'unsupported',
            `${url.host} does not say how large ${plain} is; download it and pass its path.`,
            {
              param: 'model',
            },
          );
        etag = response.headers.get('etag') ?? undefined;
        const version = [plain, bytes, etag, response.headers.get('last-modified')].join('\0');
        const commit = createHash('sha256').update(version).digest('hex').slice(0, 40);
        const sha256 = /^[\da-f]{64}$/i.test(linkedEtag ?? '') ? linkedEtag?.toLowerCase() : undefined;
        const file: RepoFile = {
          path: name,
          bytes,
          checksum: sha256 === undefined ? undefined : { algorithm: 'sha256', hex: sha256 },
        };
        return { commit, files: [file], licence: undefined };
      } catch (error) {
        throw explain(error, {});
      }
    },
    async fetch(_file, _commit, range, context) {
      // A part of another version than the one that was begun is no part of this file.
      const same =
        etag === undefined || etag.startsWith('W/') || range === undefined || range.to !== undefined
          ? {}
          : { 'if-range': etag };
      const headers = range === undefined ? {} : { range: rangeHeader(range), ...same };
      return await get(url, { ...ask(context), headers });
    },
    derived: () => Promise.resolve([]),
  };
}

function fileName(url: URL): string {
  const name = basename(url.pathname);
  try {
    const decoded = decodeURIComponent(name);
    return isSafePath(decoded) ? decoded : 'model.gguf';
  } catch {
    // A percent sign that escapes nothing.
    return isSafePath(name) ? name : 'model.gguf';
  }
}

function explained(error: unknown, plain: string, host: string): unknown {
  if (!(error instanceof StatusError)) return error;
  const refuse = (code: ErrorCode, sentence: string): InferenceError =>
    new InferenceError(code, sentence, { param: 'model', cause: error });
  const { status } = error;
  if (status === 404 || status === 410)
    return refuse('model_not_found', `${host} has no file ${plain}; check the URL.`);
  if (status === 401 || status === 403)
    return refuse(
      'forbidden',
      `${host} does not give ${plain} to everybody; download it with an account and pass its path.`,
    );
  if (status === 429) return tooOften(error, host, undefined);
  return refuse('model_failed', `${host} answered ${status} for ${plain}; try again later.`);
}
