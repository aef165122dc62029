import cors from 'cors';
import express, { Router } from 'express';
import type { Express, RequestHandler } from 'express';
import { InferenceError } from '../contract/errors.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { requireKey } from './auth.ts';
import { replyWithError } from './errors.ts';
import { health } from './health.ts';
import { IgnoredFields } from './ignored.ts';
import { Lifecycle } from './lifecycle.ts';
import { metricsRoute } from './metrics.ts';
import { mount, nameRoutes, mountRefusals, type SharedServices } from './mount.ts';
import { openApiRoute } from './openapi.ts';
import { page } from './page.ts';
import { observe } from './record.ts';
import { reference } from './reference.ts';

export interface HttpSettings {
  /** None means that everybody may call. */
  apiKeys: readonly string[];
  /** Origins whose pages may call; `*` is all. */
  corsOrigins: readonly string[];
  /** Bytes. */
  maxBody: number;
  /** Milliseconds that a request may take, its wait in the queue included. */
  timeoutMs: number;
  /** Milliseconds that running work gets to finish when the server stops. */
  drainTimeoutMs: number;
  /** Milliseconds of silence after which a stream gets a comment; 15 s unless given. */
  pingMs?: number;
}

export interface RouterOptions {
  dialects: readonly Dialect[];
  services: SharedServices;
  settings: HttpSettings;
  log: Logger;
}

const PING_MS = 15_000;

/** The whole server as an Express app; here is the order in which a request meets everything. */
export function createApp(options: RouterOptions, lifecycle: Lifecycle): Express {
  const { dialects, services, settings, log } = options;
  const metrics = createMetrics(services.host);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(observe(log, metrics));
  app.use(closeWhenDraining(lifecycle));
  if (settings.corsOrigins.length > 0) app.use(allowOrigins(settings.corsOrigins));
  app.use(health(lifecycle, services.host));
  app.use(metricsRoute(metrics, settings.apiKeys));
  app.use(openApiRoute(dialects, settings.apiKeys.length > 0), reference(), page('/', 'home.html'));
  app.use(nameRoutes(dialects));
  app.use(dialectRouter(options, lifecycle));
  app.use(notFound);
  app.use(replyWithError(dialects));
  return app;
}

/** The dialects' routes alone, for somebody's own Express app. Other paths pass through untouched. */
export function createRouter(options: RouterOptions): Router {
  const lifecycle = new Lifecycle();
  lifecycle.ready();
  return dialectRouter(options, lifecycle);
}

function dialectRouter({ dialects, services, settings, log }: RouterOptions, lifecycle: Lifecycle): Router {
  const { apiKeys, maxBody, timeoutMs, pingMs = PING_MS } = settings;
  const context = { services, lifecycle, ignored: new IgnoredFields(log), maxBody, timeoutMs, pingMs };
  const prefixes = dialects.flatMap((dialect) => dialect.prefixes);
  const router = Router();
  router.use(prefixes, observe(log), requireKey(apiKeys), admit(lifecycle));
  for (const dialect of dialects) mount(router, dialect, context);
  mountRefusals(router, dialects);
  router.use(prefixes, notFound);
  router.use(replyWithError(dialects));
  return router;
}

function admit(lifecycle: Lifecycle): RequestHandler {
  return (_req, _res, next) => {
    lifecycle.admit();
    next();
  };
}

function closeWhenDraining(lifecycle: Lifecycle): RequestHandler {
  return (_req, res, next) => {
    if (lifecycle.state === 'draining') res.set('connection', 'close');
    next();
  };
}

function allowOrigins(origins: readonly string[]): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    exposedHeaders: ['x-request-id', 'x-hearth-ignored', 'retry-after'],
  });
}

const notFound: RequestHandler = (req) => {
  throw new InferenceError(
    'not_found',
    `There is nothing at ${req.method} ${req.originalUrl.slice(0, 200)}; check the path.`,
  );
};
