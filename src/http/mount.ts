import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { abortError, InferenceError } from '../contract/errors.ts';
import { collect } from '../contract/collect.ts';
import type { GenerateEvent, GenerateResult } from '../contract/generate.ts';
import type { Services } from '../contract/model.ts';
import type { Call, CallInput, Dialect, Generation, Route } from '../dialects/dialect.ts';
import { parseBody } from '../dialects/explain.ts';
import { collectSeen } from '../dialects/seen.ts';
import { jsonBody } from './body.ts';
import { toInferenceError } from './errors.ts';
import type { IgnoredFields } from './ignored.ts';
import type { Lifecycle, Work } from './lifecycle.ts';
import { noted, recordOf } from './record.ts';
import { sendStream, sse } from './send.ts';
import type { Sending } from './send.ts';

export interface MountContext {
  services: Services;
  lifecycle: Lifecycle;
  ignored: IgnoredFields;
  /** Bytes. */
  maxBody: number;
  timeoutMs: number;
  pingMs: number;
}

const instant: Work = { signal: new AbortController().signal, end: () => {} };
const registrars = { GET: 'get', POST: 'post', DELETE: 'delete' } as const;

/** The routes of a dialect; a known path with another method is a 405. */
export function mount(dialect: Dialect, context: MountContext): Router {
  const router = Router();
  for (const route of dialect.routes) {
    const paths = [...route.paths];
    const handler = route.kind === 'call' ? call(route, context) : byTask(route, context);
    const body = route.body === undefined ? [] : jsonBody(context.maxBody);
    router[registrars[route.method]](paths, ...body, handler);
  }
  for (const [path, methods] of methodsByPath(dialect.routes)) router.all(path, methodNotAllowed(methods));
  return router;
}

/** Notes the pattern of a request's path in its record, before anything refuses the request. */
export function nameRoutes(dialects: readonly Dialect[]): Router {
  const router = Router();
  for (const path of dialects.flatMap(({ routes }) => routes.flatMap(({ paths }) => paths))) {
    router.all(path, (_req, res, next) => {
      recordOf(res).route = path;
      next();
    });
  }
  return router;
}

/** Answers OPTIONS with the methods of a path, and refuses the others. */
export function methodNotAllowed(methods: readonly string[]): RequestHandler {
  return (req, res) => {
    const allow = methods.includes('GET') ? [...methods, 'HEAD', 'OPTIONS'] : [...methods, 'OPTIONS'];
    if (req.method === 'OPTIONS') {
      res.set('allow', allow.join(', ')).status(204).end();
      return;
    }
    throw new InferenceError('method_not_allowed', `${req.method} is not for this path; use ${methods.join(' or ')}.`, {
      allow,
    });
  };
}

function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { paths, method } of routes) {
    for (const path of paths) found.set(path, [...(found.get(path) ?? []), method]);
  }
  return found;
}

function call(route: Call<unknown>, { services, lifecycle, ignored, timeoutMs }: MountContext): RequestHandler {
  return async (req, res) => {
    const body = route.body === undefined ? undefined : parseBody(route.body, req.body);
    ignored.report(res, route.ignored?.(body) ?? []);
    // What needs no body only looks something up, which it may at any time.
    const { signal, end } = route.body === undefined ? instant : lifecycle.begin(res, timeoutMs);
    try {
      const note: CallInput<unknown>['note'] = ({ model, promptTokens, queueMs }) => {
        Object.assign(recordOf(res), { model, usage: { promptTokens }, timings: { queueMs } });
      };
      res.json(await route.run({ params: paramsOf(req), query: queryOf(req), body, signal, note }, services));
    } catch (thrown) {
      throw signal.aborted ? abortError(signal) : thrown;
    } finally {
      end();
    }
  };
}

/** A route that generates, or what it has for models that make vectors. */
function byTask(route: Generation<unknown>, context: MountContext): RequestHandler {
  const text = generation(route, context);
  if (route.withVectors === undefined) return text;
  const vectors = call(route.withVectors, context);
  return (req, res, next) => (makesVectors(context.services, req.body) ? vectors : text)(req, res, next);
}

/** Whether the model that a body asks for, or every model where it names none, makes vectors and no text. */
function makesVectors({ models }: Services, body: unknown): boolean {
  const name: unknown = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  const asked = typeof name === 'string' ? models.list().filter(({ id }) => id === name) : [];
  const all = asked.length > 0 ? asked : models.list();
  return all.some(({ tasks }) => tasks.includes('embed')) && !all.some(({ tasks }) => tasks.includes('generate'));
}

function generation(route: Generation<unknown>, context: MountContext): RequestHandler {
  return async (req, res) => {
    const body = parseBody(route.body, req.body);
    const { models, responses } = context.services;
    const { request, stream, ignored, keep } = route.parse(body, paramsOf(req), responses);
    context.ignored.report(res, ignored);
    const model = models.capable(request.model, 'generate');
    const record = recordOf(res);
    record.model = model.info.id;
    const info = {
      requestId: record.id,
      replyId: randomUUID().replaceAll('-', ''),
      model: model.info.id,
      created: record.created,
      headers: req.headers,
      defaults: model.text?.defaults.sampling,
    };
    const { signal, end } = context.lifecycle.begin(res, context.timeoutMs);
    const frames: Sending['frames'] = (begun) => route.frames(begun, body, info);
    const sending: Sending = { signal, pingMs: context.pingMs, frames, sent: 0 };
    try {
      const told = noted(model.generate(request, signal), record);
      const events =
        keep === undefined
          ? told
          : kept(told, (result) => {
              const { id, text } = keep(result, info);
              responses.keep(id, text);
            });
      if (stream) {
        await sendStream(res, events, sending);
      } else {
        res.json(route.render(await collect(events), body, info));
      }
    } catch (thrown) {
      const error = signal.aborted ? abortError(signal) : toInferenceError(thrown);
      if (!res.headersSent) throw error;
      record.error = error;
      endStream(res, sse(route.errorFrame(error, { body, info, frames: sending.sent })));
    } finally {
      end();
    }
  };
}

/** Passes events on and hands over their result before their end, so that who hears the end finds what was kept. */
async function* kept(
  events: AsyncIterable<GenerateEvent>,
  keep: (result: GenerateResult) => void,
): AsyncGenerator<GenerateEvent> {
  const seen: GenerateEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type === 'done') keep(await collectSeen(seen));
    yield event;
  }
}

/** One error frame, and the end; a client that left or doesn't read gets the end alone. */
function endStream(res: Response, frame: string): void {
  if (res.closed || res.writableNeedDrain) res.destroy();
  else res.end(frame);
}

/** Path parameters; the routes have no wildcards, so each is one string. */
function paramsOf(req: Request): Record<string, string> {
  return Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
}

function queryOf(req: Request): Record<string, string> {
  return Object.fromEntries(Object.entries(req.query).map(([name, value]) => [name, String([value].flat()[0] ?? '')]));
}
