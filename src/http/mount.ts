import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { abortError, InferenceError } from '../contract/errors.ts';
import { collect } from '../contract/collect.ts';
import type { GenerateEvent, GenerateResult } from '../contract/generate.ts';
import { tasks, type Services, type Task } from '../contract/model.ts';
import type { ModelHost } from '../contract/model-host.ts';
import type { Call, CallInput, Dialect, Frame, Generation, ReplyInfo, Route } from '../dialects/dialect.ts';
import { parseBody } from '../dialects/explain.ts';
import { keepAliveOf } from '../dialects/keep-alive.ts';
import { collectSeen } from '../dialects/seen.ts';
import { jsonBody } from './body.ts';
import { toInferenceError } from './errors.ts';
import type { IgnoredFields } from './ignored.ts';
import type { Lifecycle, Work } from './lifecycle.ts';
import { noted, recordOf } from './record.ts';
import { sendStream, sse } from './send.ts';
import type { Sending } from './send.ts';

/** What all requests share; each has its own lease on models. */
export type SharedServices = Omit<Services, 'models'>;

export interface MountContext {
  services: SharedServices;
  lifecycle: Lifecycle;
  ignored: IgnoredFields;
  /** Bytes. */
  maxBody: number;
  timeoutMs: number;
  pingMs: number;
}

const instant: Work = { signal: new AbortController().signal, end: () => {} };
const registrars = { GET: 'get', POST: 'post', DELETE: 'delete' } as const;

/** Mounts the routes of a dialect. */
export function mount(router: Router, dialect: Dialect, context: MountContext): void {
  for (const route of dialect.routes) {
    const paths = [...route.paths];
    const handler = route.kind === 'call' ? call(route, context) : byTask(route, context);
    const body = route.body === undefined ? [] : jsonBody(context.maxBody);
    router[registrars[route.method]](paths, ...body, handler);
  }
}

/** Refuses other methods on the paths of all dialects, which may share some; to be mounted behind them. */
export function mountRefusals(router: Router, dialects: readonly Dialect[]): void {
  const routes = dialects.flatMap((dialect) => dialect.routes);
  for (const [path, methods] of methodsByPath(routes)) router.all(path, methodNotAllowed(methods));
}

/** Notes the pattern of a request's path in its record, before anything refuses the request. */
export function nameRoutes(dialects: readonly Dialect[]): Router {
  const router = Router();
  const paths = dialects.flatMap(({ routes }) => routes.flatMap((route) => route.paths));
  // A path without parameters is nearer to what was asked.
  for (const path of paths.toSorted((a, b) => a.split(':').length - b.split(':').length)) {
    router.all(path, (_req, res, next) => {
      recordOf(res).route ??= path;
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

function call(route: Call<unknown>, context: MountContext): RequestHandler {
  const { services, lifecycle, ignored, timeoutMs, pingMs } = context;
  return async (req, res) => {
    const body = route.body === undefined ? undefined : parseBody(route.body, req.body);
    ignored.report(res, route.ignored?.(body) ?? []);
    // What needs no body only looks something up, which it may at any time.
    const { signal, end } = route.body === undefined ? instant : lifecycle.begin(res, timeoutMs);
    const models = services.host.lease(signal, keepAliveOf(body));
    try {
      const note: CallInput<unknown>['note'] = ({ model, promptTokens, queueMs }) => {
        Object.assign(recordOf(res), { model, usage: { promptTokens }, timings: { queueMs } });
      };
      const reply = { id: replyId(), created: recordOf(res).created };
      const input = { params: paramsOf(req), query: queryOf(req), body, signal, reply, note };
      const { progress } = route;
      if (progress?.wanted(body) === true) {
        const sending = { signal, pingMs, frames: (frames: AsyncIterable<Frame>) => frames, sent: 0 };
        await sendStream(res, progress.frames(input, { ...services, models }), sending);
      } else {
        res.json(await route.run(input, { ...services, models }));
      }
    } catch (thrown) {
      fail(res, signal, thrown, (error) => route.progress?.errorFrame(error));
    } finally {
      models.release();
      end();
    }
  };
}

/** A route that generates, or what it has for models that do something else. */
function byTask(route: Generation<unknown>, context: MountContext): RequestHandler {
  const text = generation(route, context);
  const { otherTasks } = route;
  if (otherTasks === undefined) return text;
  const others = new Map<Task, RequestHandler>();
  for (const task of tasks) {
    const other = otherTasks.calls[task];
    if (other !== undefined) others.set(task, call(other, context));
  }
  return (req, res, next) => {
    const able = tasksOf(context.services.host, otherTasks.asked(req.body, paramsOf(req)));
    const other = able.has('generate') ? undefined : [...able].find((task) => others.has(task));
    return ((other && others.get(other)) ?? text)(req, res, next);
  };
}

/** What the model of this name can do, or all models together where none has it. */
function tasksOf(host: ModelHost, name: string | undefined): Set<Task> {
  const all = host.list();
  const asked = all.filter(({ id }) => id === name);
  return new Set((asked.length > 0 ? asked : all).flatMap((status) => status.tasks));
}

/** Letters and digits that nobody can guess. */
function replyId(): string {
  return randomUUID().replaceAll('-', '');
}

function generation(route: Generation<unknown>, context: MountContext): RequestHandler {
  return async (req, res) => {
    const body = parseBody(route.body, req.body);
    const { host, responses } = context.services;
    const { request, stream, ignored, keep } = route.parse(body, paramsOf(req), responses);
    context.ignored.report(res, ignored);
    const record = recordOf(res);
    const { signal, end } = context.lifecycle.begin(res, context.timeoutMs);
    const models = host.lease(signal, keepAliveOf(body));
    const known = { requestId: record.id, replyId: replyId(), created: record.created, headers: req.headers };
    let info: ReplyInfo = { ...known, model: '' };
    const frames: Sending['frames'] = (begun) => route.frames(begun, body, info);
    const sending: Sending = { signal, pingMs: context.pingMs, frames, sent: 0 };
    try {
      const model = await models.capable(request.model, 'generate');
      record.model = model.info.id;
      info = { ...known, model: model.info.id, defaults: model.text?.defaults.sampling };
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
      fail(res, signal, thrown, (error) => route.errorFrame(error, { body, info, frames: sending.sent }));
    } finally {
      models.release();
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

/**
 * Ends what failed: by a frame where the headers went out.
 * @throws InferenceError the error, where a reply can still be made of it
 */
function fail(
  res: Response,
  signal: AbortSignal,
  thrown: unknown,
  errorFrame: (error: InferenceError) => Frame | undefined,
): void {
  const error = signal.aborted ? abortError(signal) : toInferenceError(thrown);
  const frame = res.headersSent ? errorFrame(error) : undefined;
  if (frame === undefined) throw error;
  recordOf(res).error = error;
  endStream(res, sse(frame));
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
