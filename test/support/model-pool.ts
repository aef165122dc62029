import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Lease } from '../../src/contract/model-host.ts';
import { Registry, type RegistryOptions } from '../../src/runtime/registry.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeSource } from './fake-source.ts';

/** The signal of a request that never leaves. */
export const never = new AbortController().signal;

/** Models that can be loaded, by their sizes in bytes, on a clock of their own. */
export function pool(sizes: Readonly<Record<string, number>>, options: RegistryOptions = {}) {
  const clock = new FakeClock();
  const registry = new Registry({ clock, ...options });
  const sources = Object.entries(sizes).map(([id, bytes]) => new FakeSource(id, bytes));
  for (const source of sources) registry.add(source);
  const source = (id: string): FakeSource => sources.find((one) => one.id === id) ?? assert.fail(id);
  return { registry, clock, sources, source };
}

/** Takes a model for a request that goes on. */
export async function take(registry: Registry, id: string, signal = never, keepAliveMs?: number): Promise<Lease> {
  const lease = registry.lease(signal, keepAliveMs);
  assert.equal((await lease.resolve(id)).info.id, id);
  return lease;
}

/** Lets everything happen that can. */
export async function settle(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

/** `a ready, b unloaded` */
export function states(registry: Registry): string {
  return registry
    .list()
    .map(({ id, state }) => `${id} ${state}`)
    .join(', ');
}
