import { abortError, InferenceError } from '../contract/errors.ts';
import { pause, type Clock } from './clock.ts';
import { statusError, wordsOf, worthAnotherTry } from './failures.ts';

export interface PostOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: unknown;
  /** Who answers, in errors: the config's name and the address. */
  who: string;
  /** Milliseconds that a try may take, up to the end of its reply, or of a streamed one to its beginning. */
  timeoutMs: number;
  /** Requests in all. */
  tries: number;
  /** Milliseconds before the second try; twice that before the third. */
  intervalMs: number;
  signal: AbortSignal | undefined;
  clock: Clock;
  fetch: typeof fetch;
}

/** A reply with status 200, its connection still open for a stream. */
export type Posted =
  | { kind: 'json'; body: unknown }
  /** `close` lets go of the caller's signal, which cuts the connection until then. */
  | { kind: 'stream'; response: Response; close(): void };

/** A server that names a longer time is not waited for so long. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Posts JSON and reads JSON, or the beginning of an event stream.
 * Tries again after a lost connection, a timeout, and the statuses 408, 429 and 5xx, `Retry-After` and Hugging Face's
 * `estimated_time` kept to; other statuses are answers that another try doesn't change.
 * @throws InferenceError by the last status; aborted; timeout
 */
export async function postJson(options: PostOptions): Promise<Posted> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await post(options, attempt);
    if (!('error' in outcome)) return outcome;
    if (!outcome.again || attempt >= options.tries) throw outcome.error;
    await pause(options.clock, Math.max(attempt * options.intervalMs, outcome.waitMs), options.signal);
  }
}

interface Failed {
  error: InferenceError;
  again: boolean;
  waitMs: number;
}

async function post(options: PostOptions, attempt: number): Promise<Posted | Failed> {
  const { url, headers, body, who, signal, clock, timeoutMs } = options;
  refuseAborted(signal);
  // One controller for both reasons: AbortSignal.any keeps its listeners on Node 20.
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  let timedOut = false;
  const callOff = clock.after(timeoutMs, () => {
    timedOut = true;
    controller.abort();
  });
  const letGo = (): void => signal?.removeEventListener('abort', onAbort);
  let streaming = false;
  try {
    const response = await options.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    if (response.ok && isEventStream(response)) {
      streaming = true;
      return { kind: 'stream', response, close: letGo };
    }
    const text = await response.text();
    const reply = parsed(text);
    if (!response.ok) {
      const error = statusError(who, response.status, wordsOf(reply ?? text), attempt);
      return { error, again: worthAnotherTry(response.status), waitMs: wantedWait(response, reply) };
    }
    if (reply === undefined) {
      const error = new InferenceError('model_failed', `${who} answered something that is no JSON; check the address.`);
      return { error, again: false, waitMs: 0 };
    }
    return { kind: 'json', body: reply };
  } catch (cause) {
    refuseAborted(signal);
    return { error: lost(options, timedOut, attempt, cause), again: true, waitMs: 0 };
  } finally {
    callOff();
    if (!streaming) letGo();
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

function lost({ who, timeoutMs }: PostOptions, timedOut: boolean, attempt: number, cause: unknown): InferenceError {
  const times = attempt > 1 ? ` ${attempt} times` : '';
  if (timedOut) {
    const message = `${who} did not answer within ${timeoutMs / 1000} s${times}; raise the config's timeout.`;
    return new InferenceError('timeout', message, { cause });
  }
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : String(inner);
  const message = `${who} could not be reached${times} (${code}); check that it runs and the config's api_url.`;
  return new InferenceError('model_failed', message, { cause });
}

function isEventStream(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('text/event-stream');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Milliseconds that the server asked for: Retry-After in seconds or as a date, or the time that a hosted model loads. */
function wantedWait(response: Response, body: unknown): number {
  const header = response.headers.get('retry-after');
  const seconds = header === null ? estimated(body) : Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header ?? '') - Date.now() : seconds * 1000;
  return Math.min(LONGEST_WAIT_MS, Math.max(0, Number.isNaN(ms) ? 0 : ms));
}

function estimated(body: unknown): number {
  const time = typeof body === 'object' && body !== null && 'estimated_time' in body ? body.estimated_time : 0;
  return typeof time === 'number' ? time : 0;
}
