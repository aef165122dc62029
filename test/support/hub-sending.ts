import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as the server saw it. */
export interface Seen {
  /** `storage` is the other host, to which downloads of large files are redirected. */
  side: 'hub' | 'storage';
  url: URL;
  headers: IncomingMessage['headers'];
  /** The first byte that was asked for; undefined without a Range. */
  from: number | undefined;
  /** Bytes of a file that were sent. */
  sent: number;
}

/** What goes wrong with a request. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { cutAfter: number }
  | { ignoreRange: true }
  | { shiftRange: number }
  | { content: Buffer }
  | { silentAfter: number };

/** Milliseconds after each piece of a file, and its size. */
export interface Pace {
  ms: number;
  bytes: number;
}

interface Sending {
  fault: Fault | undefined;
  ranges: boolean;
  pace: Pace | undefined;
  headers?: Record<string, string>;
}

/** Sends a file, or what goes wrong with it. */
export async function send(
  seen: Seen,
  response: ServerResponse,
  right: Buffer,
  { fault, ranges, pace, headers }: Sending,
): Promise<void> {
  const content = fault !== undefined && 'content' in fault ? fault.content : right;
  const partial = ranges && seen.from !== undefined && !(fault !== undefined && 'ignoreRange' in fault);
  const shift = fault !== undefined && 'shiftRange' in fault ? fault.shiftRange : 0;
  const from = partial ? Number(seen.from) + shift : 0;
  if (partial && from >= content.length)
    return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  const asked = /-(\d+)$/.exec(seen.headers.range ?? '')?.[1];
  const to = partial && asked !== undefined ? Math.min(Number(asked) + 1, content.length) : content.length;
  const range = partial ? { 'content-range': `bytes ${from}-${to - 1}/${content.length}` } : {};
  response.writeHead(partial ? 206 : 200, { ...headers, ...range, 'content-length': String(to - from) });
  const limit =
    fault !== undefined && 'cutAfter' in fault
      ? fault.cutAfter
      : fault !== undefined && 'silentAfter' in fault
        ? fault.silentAfter
        : Infinity;
  const step = pace?.bytes ?? 65_536;
  for (let at = from; at < to; at += step) {
    const end = Math.min(at + step, to, from + limit);
    if (end > at && !response.write(content.subarray(at, end))) await drained(response);
    seen.sent += Math.max(0, end - at);
    if (response.destroyed) return;
    if (seen.sent >= limit) {
      if (fault !== undefined && 'silentAfter' in fault) return;
      // What was written goes out first, then the connection ends in the middle of the body.
      await sleep(5);
      response.destroy();
      return;
    }
    if (pace !== undefined) await sleep(pace.ms);
  }
  response.end();
}

/** Until more may be written, or nobody reads any more. */
async function drained(response: ServerResponse): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    listening.abort();
  }
}
