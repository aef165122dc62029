import { once } from 'node:events';
import type { Response } from 'express';
import type { GenerateEvent } from '../contract/generate.ts';
import type { Frame } from '../dialects/dialect.ts';

export interface Sending<Event = GenerateEvent> {
  signal: AbortSignal;
  /** A comment goes out after this many milliseconds of silence. */
  pingMs: number;
  frames(events: AsyncIterable<Event>): AsyncIterable<Frame>;
  /** Frames that went out; counted here. */
  sent: number;
}

/** A frame as server-sent events have it. */
export function sse(frame: Frame): string {
  if ('text' in frame) return `data: ${frame.text}\n\n`;
  const data = `data: ${JSON.stringify(frame.json)}\n\n`;
  return frame.event === undefined ? data : `event: ${frame.event}\n${data}`;
}

/**
 * Streams a generation, or a call's progress. Headers wait for its first event (a slot is held), so that what fails before
 * keeps its status; then they go out at once, and pings keep the connection alive while the prompt is read.
 * Reads on only while the client does.
 * @throws what the generation throws; the signal's reason
 */
export async function sendStream<Event>(
  res: Response,
  events: AsyncIterable<Event>,
  sending: Sending<Event>,
): Promise<void> {
  const { signal, pingMs } = sending;
  const begun = await begin(events);
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
  const ping = setInterval(() => {
    if (!res.writableNeedDrain) res.write(': ping\n\n');
  }, pingMs);
  try {
    for await (const frame of sending.frames(begun)) {
      signal.throwIfAborted();
      sending.sent += 1;
      if (!res.write(sse(frame))) await once(res, 'drain', { signal });
      ping.refresh();
    }
  } finally {
    clearInterval(ping);
  }
  res.end();
}

/** Waits for the first event; gives the generation back from its beginning. */
async function begin<Event>(events: AsyncIterable<Event>): Promise<AsyncIterable<Event>> {
  const rest = events[Symbol.asyncIterator]();
  const first = await rest.next();
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  })();
}
