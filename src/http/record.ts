import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { InferenceError } from '../contract/errors.ts';
import type { GenerateEvent, Timings, Usage } from '../contract/generate.ts';
import { statusOf } from '../dialects/status.ts';
import type { Logger } from '../telemetry/log.ts';

/** What is known of a request, for its reply and its one line in the log. */
export interface RequestRecord {
  /** Taken from `x-request-id`, or made here. */
  id: string;
  /** Unix seconds at which it came in. */
  created: number;
  /** Not worth a line at info. */
  quiet?: boolean;
  model?: string;
  /** What is known so far; complete with the generation's end. */
  usage: { [Name in keyof Usage]?: number | undefined };
  timings: { [Name in keyof Timings]?: number | undefined };
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

/** Gives a request its id and record, and logs one line when its connection or reply ends. */
export function observe(log: Logger): RequestHandler {
  return (req, res, next) => {
    if (!records.has(res)) {
      const start = performance.now();
      const given = req.get('x-request-id');
      const id = given !== undefined && token.test(given) ? given : randomUUID();
      const record: RequestRecord = { id, created: Math.floor(Date.now() / 1000), usage: {}, timings: {} };
      records.set(res, record);
      res.set('x-request-id', id);
      res.once('close', () => logLine(log, req.method, req.originalUrl, res, record, performance.now() - start));
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
        record.timings.firstTokenMs ??= performance.now() - began;
        record.usage.completionTokens = event.completionTokens;
        break;
      case 'finish':
        break;
      case 'done':
        record.usage = event.usage;
        record.timings = event.timings;
    }
    yield event;
  }
}

/** Never the prompt, the reply, a key, or an error's message (it may quote the body); for a 5xx of ours its cause. */
function logLine(log: Logger, method: string, url: string, res: Response, record: RequestRecord, ms: number): void {
  const { id, model, usage, timings, error } = record;
  const path = url.split('?', 1)[0] ?? url;
  const line = {
    id,
    method,
    path,
    status: res.writableFinished ? res.statusCode : statusOf.aborted,
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
