import { setTimeout as sleep } from 'node:timers/promises';
import { abortError, InferenceError } from '../contract/errors.ts';
import type { Proxies } from '../contract/hub.ts';
import { bodyOf } from './body.ts';
import { fetchThrough, proxyFor, type SentInit } from './proxy.ts';
import { Unreachable } from './unreachable.ts';

/** How long is waited, in milliseconds. */
export interface Waits {
  /** Before the second try; doubled before each further one. */
  firstMs: number;
  /** For the head of an answer, and for each next piece of a body. */
  silenceMs: number;
}

export const usualWaits: Waits = { firstMs: 500, silenceMs: 30_000 };

/** A server that asks for more patience than this is reported instead. */
const LONGEST_PAUSE = 60_000;
const MOST_TRIES = 5;
const MOST_REDIRECTS = 10;

export interface Ask {
  headers?: Readonly<Record<string, string>>;
  /** Headers that only the first URL's origin may see: tokens and cookies. */
  secrets?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
  waits: Waits;
  proxies: Proxies;
}

/** An answer, and what was told about the file by the servers on the way to it. */
export interface Answer {
  response: Response;
  /** X-Linked-Etag without its quotes: the sha256 of a large file. */
  linkedEtag: string | undefined;
}

/** An answer with a status that is no success. */
export class StatusError extends Error {
  readonly status: number;
  /** What a hub calls it: `GatedRepo`, `RevisionNotFound`. */
  readonly kind: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(response: Response, url: URL) {
    super(`${url.host} answered ${response.status}`);
    this.name = 'StatusError';
    this.status = response.status;
    this.kind = response.headers.get('x-error-code') ?? undefined;
    this.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
  }
}

/**
 * Sends one GET and follows redirects. Secrets go to the URL's own origin alone: where a redirect leads, there is often
 * somebody else's storage. Bodies come as they are stored (no compression), since parts of them are asked for.
 * @throws Unreachable; StatusError for every status but 2xx; InferenceError aborted
 */
export async function get(url: URL, ask: Ask): Promise<Answer> {
  let at = url;
  let linkedEtag: string | undefined;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
    const secrets = at.origin === url.origin ? ask.secrets : undefined;
    const response = await once(at, { 'accept-encoding': 'identity', ...ask.headers, ...secrets }, ask);
    linkedEtag ??= bareEtag(response.headers.get('x-linked-etag'));
    if (response.status < 300 && response.ok) return { response, linkedEtag };
    await response.body?.cancel().catch(() => {});
    const location = response.headers.get('location');
    const redirected = [301, 302, 303, 307, 308].includes(response.status) && location !== null;
    if (!redirected || !URL.canParse(location, at.href)) throw new StatusError(response, at);
    const next = new URL(location, at);
    if (!/^https?:$/.test(next.protocol) || (at.protocol === 'https:' && next.protocol === 'http:'))
      throw new InferenceError(
        'model_failed',
        `${at.host} redirects to ${next.protocol}//${next.host}, which is not safe.`,
      );
    at = next;
  }
  throw new Unreachable(url.host, new Error(`it redirects more than ${MOST_REDIRECTS} times`));
}

async function once(url: URL, headers: Record<string, string>, { signal, waits, proxies }: Ask): Promise<Response> {
  const proxy = proxyFor(url, proxies);
  const waiting = new AbortController();
  const stop = (): void => waiting.abort(signal?.reason);
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => waiting.abort(new Error('it does not answer')), waits.silenceMs);
  try {
    // Only the head is waited for here; bodyOf reads the rest.
    const init: SentInit = { headers, redirect: 'manual', signal: waiting.signal };
    return await (proxy === undefined ? fetch(url.href, init) : fetchThrough(proxy, url, init));
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    throw new Unreachable(url.host, error, proxy);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * Tries until it works: at once where something came through meanwhile, else after pauses that grow, or as long as the
 * server asks for.
 * @param progress a number that rises while tries get somewhere
 * @throws what the last try threw: after 5 that got nowhere, at once where another try makes no sense
 */
export async function retried<T>(
  attempt: () => Promise<T>,
  { signal, waits, progress = () => 0 }: { signal?: AbortSignal | undefined; waits: Waits; progress?: () => number },
): Promise<T> {
  let failures = 0;
  let reached = progress();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (progress() > reached) failures = 0;
      reached = progress();
      failures += 1;
      const pause = pauseAfter(error, failures, waits);
      if (pause === undefined) throw error;
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch((aborted: unknown) => {
        throw signal === undefined ? aborted : abortError(signal);
      });
    }
  }
}

function pauseAfter(error: unknown, failures: number, { firstMs }: Waits): number | undefined {
  const transient =
    error instanceof Unreachable ||
    (error instanceof StatusError && ([408, 429].includes(error.status) || error.status >= 500));
  if (!transient || failures >= MOST_TRIES || (error instanceof Unreachable && error.final)) return undefined;
  const asked = error instanceof StatusError ? error.retryAfterMs : undefined;
  if (asked !== undefined) return asked <= LONGEST_PAUSE ? asked : undefined;
  return firstMs * 2 ** (failures - 1) * (0.75 + Math.random() / 2);
}

/** @returns the parsed body of a JSON answer, and its headers @throws as `get`, tried again as `retried` does */
export async function getJson(url: URL, ask: Ask): Promise<{ content: unknown; headers: Headers }> {
  return await retried(async () => {
    const { response } = await get(url, { ...ask, headers: { accept: 'application/json', ...ask.headers } });
    const pieces: Uint8Array[] = [];
    const reading = { signal: ask.signal, silenceMs: ask.waits.silenceMs };
    for await (const piece of bodyOf(response, url.host, reading)) pieces.push(piece);
    try {
      return { content: JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown, headers: response.headers };
    } catch (error) {
      throw new Unreachable(url.host, error);
    }
  }, ask);
}

function bareEtag(etag: string | null): string | undefined {
  return etag?.replace(/^W\//, '').replaceAll('"', '');
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
