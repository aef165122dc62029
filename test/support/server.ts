import { Writable } from 'node:stream';
import type { ModelHost } from '../../src/contract/model-host.ts';
import type { Model } from '../../src/contract/model.ts';
import type { DialectSettings } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/index.ts';
import type { HttpSettings } from '../../src/http/app.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { HttpServer } from '../../src/http/server.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import type { StoreLimits } from '../../src/response-store/response-store.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { FakeModel, registryOf } from './fake-model.ts';

export const dialectSettings: DialectSettings = {
  unknownFields: undefined,
  messagesKey: undefined,
  stringPrompt: 'raw',
};

export const httpSettings: HttpSettings = {
  apiKeys: [],
  corsOrigins: [],
  maxBody: 100_000,
  timeoutMs: 5_000,
  drainTimeoutMs: 1_000,
};

export type LogLine = Record<string, unknown>;

/** A log that keeps its lines. */
export function keptLog(level = 'debug'): { log: Logger; lines: LogLine[]; text: () => string } {
  const lines: LogLine[] = [];
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      lines.push(JSON.parse(chunk.toString()) as LogLine);
      done();
    },
  });
  return { log: createLogger({ level, format: 'json', destination }), lines, text: () => text };
}

export interface Options {
  model?: FakeModel;
  models?: readonly Model[];
  /** In place of `models`. */
  host?: ModelHost;
  settings?: Partial<HttpSettings>;
  dialect?: Partial<DialectSettings>;
  store?: StoreLimits;
  /** Stay in the state `loading`. */
  loading?: boolean;
}

export interface Running {
  url: string;
  model: FakeModel;
  server: HttpServer;
  lines: LogLine[];
  logText: () => string;
  /** Posts JSON. */
  post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
}

/** A server that is not listening yet. */
export function createServer(options: Options, model: FakeModel, log: Logger): HttpServer {
  return createHttpServer({
    dialects: dialects.map((create) => create({ ...dialectSettings, ...options.dialect })),
    services: {
      host: options.host ?? registryOf(...(options.models ?? [model])),
      responses: new ResponseStore(options.store ?? { maxCount: 100, maxBytes: 1_000_000 }),
    },
    settings: { ...httpSettings, ...options.settings },
    log,
  });
}

/** Runs a test against a server on a free port, and closes it. */
export async function withServer(options: Options, test: (running: Running) => Promise<void>): Promise<void> {
  const model = options.model ?? new FakeModel();
  const { log, lines, text } = keptLog();
  const server = createServer(options, model, log);
  const url = await server.listen('127.0.0.1', 0);
  if (options.loading !== true) server.ready();
  const post = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'content-type': 'application/json', ...Object.fromEntries(new Headers(init.headers)) },
    });
  try {
    await test({ url, model, server, lines, logText: text, post });
  } finally {
    await server.drain();
  }
}

/** Waits until something is so. @throws Error after two seconds */
export async function until(so: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain until ${what}`);
}
