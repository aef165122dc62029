import { Worker } from 'node:worker_threads';

/**
 * The file that a thread runs: from the sources, or from what was built of them.
 * @param name relative to the caller's file, without its ending: `./encoder-worker`
 * @param caller its import.meta.url
 */
export function workerFile(name: string, caller: string): URL {
  return new URL(`${name}${caller.slice(-3)}`, caller);
}

/** Threads do not inherit the loader that runs TypeScript sources, so they get one of their own. */
export function startWorker(file: URL, workerData: unknown): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, { workerData });
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(source, { workerData, eval: true });
}
