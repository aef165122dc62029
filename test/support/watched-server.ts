import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A server in a process of its own, which tells how long its event loop was held up. */
export interface WatchedServer {
  url: string;
  /** The longest time, in milliseconds, for which nothing else could run since the last call. */
  longestBlockMs(): Promise<number>;
  /** Holds it up for 100 ms. */
  block(): void;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('watched-server-process.ts', import.meta.url));
const ready = z.object({ url: z.string() });
const told = z.object({ longestBlockMs: z.number() });

/** Starts the server with a model. @param path of its file or folder @throws Error where it ends instead */
export async function startWatchedServer(path: string): Promise<WatchedServer> {
  const child = fork(script, [path], { execArgv: ['--import', 'tsx'] });
  const { url } = ready.parse(await nextMessage(child));
  return {
    url,
    async longestBlockMs() {
      const answer = nextMessage(child);
      child.send('read');
      return told.parse(await answer).longestBlockMs;
    },
    block() {
      child.send('block');
    },
    async stop() {
      const exited = once(child, 'exit');
      child.send('stop');
      await exited;
    },
  };
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('the watched server ended');
  });
  try {
    const heard: unknown[] = await Promise.race([once(child, 'message', { signal }), ended]);
    return heard[0];
  } finally {
    waiting.abort();
    ended.catch(() => {});
  }
}
