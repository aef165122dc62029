import assert from 'node:assert/strict';
import type { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './server.ts';

/** The threads of this process that live, as Node tells of them. */
const threads = new Set<Worker>();
process.on('worker', (worker) => {
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
});

/** How many threads live. */
export function liveThreads(): number {
  return threads.size;
}

/** Kills the thread of the one model that has one, as a crash of the runtime would. */
export async function killThread(): Promise<void> {
  assert.equal(threads.size, 1);
  // The next one is started while this one is on its way out.
  const [thread] = threads;
  await thread?.terminate();
}

/** Kills it, and waits for the one that takes its place. */
export async function replaceThread(): Promise<void> {
  await killThread();
  await until(() => threads.size === 1, 'there is another thread');
}

interface ListedModel {
  id: string;
  state: string;
  error?: string;
}

/** What a server tells of a model, when it is not on its way out any more. */
export async function settledModel(url: string, id: string): Promise<ListedModel | undefined> {
  for (;;) {
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: ListedModel[] };
    const found = data.find((model) => model.id === id);
    if (found?.state !== 'unloading') return found;
    await sleep(10);
  }
}
