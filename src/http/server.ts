import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.ts';
import type { RouterOptions } from './app.ts';
import { Lifecycle, LONGEST_TIMER_MS } from './lifecycle.ts';
import { replyToMalformed } from './malformed.ts';

export interface HttpServer {
  /** @returns the URL, with the real port. @throws what the socket says (EADDRINUSE, EACCES) */
  listen(host: string, port: number): Promise<string>;
  /** The model is loaded: take work. */
  ready(): void;
  /**
   * Refuses new work, lets running work finish up to the drain timeout, then aborts it; closes every socket.
   * Resolves when all is closed.
   */
  drain(): Promise<void>;
}

/** Longer than the idle time of usual proxies (60 s), so that they and not we close a kept connection. */
const KEEP_ALIVE_MS = 75_000;
/** What aborted work gets to say so before its sockets are cut. */
const GRACE_MS = 2_000;

/** An HTTP server that answers 503 until it is ready. */
export function createHttpServer(options: RouterOptions): HttpServer {
  const lifecycle = new Lifecycle();
  // Node's requestTimeout (300 s) covers only the receiving of a request; replies may take as long as they need
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, createApp(options, lifecycle));
  server.on('clientError', replyToMalformed);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    // A body over the limit is not asked for; the route answers without it.
    if (Number(req.headers['content-length'] ?? 0) <= options.settings.maxBody) res.writeContinue();
    server.emit('request', req, res);
  });
  let drained: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    lifecycle.drain();
    const waiting = new AbortController();
    const { signal } = waiting;
    const abandon = async (): Promise<void> => {
      await sleep(Math.min(options.settings.drainTimeoutMs, LONGEST_TIMER_MS), undefined, { signal });
      lifecycle.abortAll();
      await sleep(GRACE_MS, undefined, { signal });
    };
    await Promise.race([lifecycle.idle(), abandon()]);
    waiting.abort();
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    // sockets that never sent a request, or are still sending one, would keep the server open
    server.closeAllConnections();
    await closed;
  };

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          const bound = server.address();
          if (bound === null || typeof bound === 'string') return reject(new Error('this is no TCP port'));
          const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
          resolve(`http://${name}:${bound.port}`);
        });
      }),
    ready: () => lifecycle.ready(),
    drain: () => (drained ??= drain()),
  };
}
