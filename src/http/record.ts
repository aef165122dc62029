import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { InferenceError } from '../contract/errors.ts';
import type { GenerateEvent, Timings, Usage } from '../contract/generate.ts';
import { statusOf } from '../dialects/status.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics, RequestOutcome } from '../telemetry/metrics.ts';

/** What is known of a request, for its reply, its one line in the log and the metrics. */
export interface RequestRecord {
  /** Taken from `x-request-id`, or made here. */
  id: string;
  /** Unix seconds at which it came in. */
  created: number;
  /** Not worth a line at info, nor a place in the metrics. */
  quiet?: boolean;
  /** The pattern of its path. */
  route?: string;
  model?: string;
  /** What is known so far; complete with the generation's end. */
  usage: { [Name in keyof Usage]?: number | undefined };
  timings: { [Name in keyof Timings]?: number | undefined };
  /** Completions that came to their end. */
  finished: number;
  error?: InferenceError;
}

const records = new WeakMap<Response, RequestRecord>();
const token = /^[\w.:/@+=-]{1,128}$/;

/** The record of a request that `observe` has seen. */
export function recordOf(res: Response): RequestRecord {
  const record = records.get(res);
  if (record === undefined) throw new Error('observe must run before all other handlers');
  return record;
}

/** Gives a request its id and record; when its connection or reply ends, logs one line and tells the metrics. */
export function observe(log: Logger, metrics?: Metrics): RequestHandler {
  return (req, res, next) => {
    if (!records.has(res)) {
      const start = performance.now();
      const given = req.get('x-request-id');
      const id = given !== undefined && token.test(given) ? given : randomUUID();
      const record: RequestRecord = { id, created: Math.floor(Date.now() / 1000), usage: {}, timings: {}, finished: 0 };
      records.set(res, record);
      res.set('x-request-id', id);
      res.once('close', () => {
        const status = res.writableFinished ? res.statusCode : statusOf.aborted;
        const totalMs = performance.now() - start;
        logLine(log, req.method, req.originalUrl, status, record, totalMs);
        if (record.quiet !== true) metrics?.observe(outcomeOf(record, status, totalMs));
      });
    }
    next();
  };
}

/** Passes a generation's events on and notes what they tell. */
export async function* noted(
  events: AsyncIterable<GenerateEvent>,
  record: RequestRecord,
): AsyncGenerator<GenerateEvent> {
  const began = performance.now();
  for await (const event of events) {
    switch (event.type) {
      case 'start':
        record.usage = { promptTokens: event.promptTokens, cachedTokens: event.cachedTokens };
        record.timings = { queueMs: event.queueMs };
        break;
      case 'delta':
      case 'reasoning':
      case 'tool_call':
        // An echo of the prompt is no token yet.
        if (event.completionTokens === 0) break;
        record.timings.firstTokenMs ??= performance.now() - began;
        record.usage.completionTokens = event.completionTokens;
        break;
      case 'finish':
        record.finished += 1;
        break;
      case 'done':
        record.usage = event.usage;
        record.timings = event.timings;
    }
    yield event;
  }
}

/** For the metrics. A stream that failed has the status of its error, though it began with 200. */
function outcomeOf(record: RequestRecord, status: number, totalMs: number): RequestOutcome {
  const { route, model, usage, timings, finished, error } = record;
  const { queueMs, firstTokenMs } = timings;
  const gaps = (usage.completionTokens ?? 0) - finished;
  // The generation's own end: only one that came to it has a mean.
  const decodeMs = (timings.totalMs ?? 0) - (firstTokenMs ?? 0);
  return {
    route,
    status: error !== undefined && status < 400 ? statusOf[error.code] : status,
    model,
    totalMs,
    queueMs,
    firstTokenMs,
    tokenMs: timings.totalMs !== undefined && gaps > 0 ? (decodeMs * finished) / gaps : undefined,
  };
}

/** Never the prompt, the reply, a key, or an error's message (it may quote the body); for a 5xx of ours its cause. */
function logLine(log: Logger, method: string, url: string, status: number, record: RequestRecord, ms: number): void {
  const { id, model, usage, timings, error } = record;
  const path = url.split('?', 1)[0] ?? url;
  const line = {
    id,
    method,
    path,
    status,
    model,
    promptTokens: usage.promptTokens,
    completionTokens: usage.completionTokens,
    cachedTokens: usage.cachedTokens,
    queueMs: rounded(timings.queueMs),
    firstTokenMs: rounded(timings.firstTokenMs),
    totalMs: rounded(ms),
    error: error?.code,
    param: error?.param,
  };
  if (error?.code === 'internal' || error?.code === 'model_failed') {
    log.error({ ...line, err: error.cause ?? error }, 'request failed');
  } else if (record.quiet === true) {
    log.debug(line, 'request');
  } else {
    log.info(line, 'request');
  }
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
