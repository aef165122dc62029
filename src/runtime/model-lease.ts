import type { Lease } from '../contract/model-host.ts';
import type { Capable, Model, Task } from '../contract/model.ts';
import type { Hold } from './model-queue.ts';
import type { Place } from './place.ts';
import type { Registry } from './registry.ts';
import type { Residency } from './residency.ts';
import { requireTask } from './task-errors.ts';

/** What one request holds. */
export class ModelLease implements Lease {
  readonly #registry: Registry;
  readonly #residency: Residency;
  readonly #signal: AbortSignal;
  readonly #keepAliveMs: number | undefined;
  #holds: Hold[] = [];
  #over = false;

  constructor(registry: Registry, residency: Residency, signal: AbortSignal, keepAliveMs: number | undefined) {
    this.#registry = registry;
    this.#residency = residency;
    this.#signal = signal;
    this.#keepAliveMs = keepAliveMs;
  }

  async resolve(name: string | undefined): Promise<Model> {
    return this.#take(this.#registry.place(name));
  }

  async capable<T extends Task>(name: string | undefined, task: T): Promise<Capable<T>> {
    return requireTask(await this.#take(this.#registry.placeFor(name, task)), task);
  }

  release(): void {
    this.#over = true;
    for (const hold of this.#holds) hold.release(this.#keepAliveMs);
    this.#holds = [];
  }

  async #take(place: Place): Promise<Model> {
    const hold = await this.#residency.acquire(place, this.#signal);
    // Nobody would let go of it any more.
    if (this.#over) hold.release(this.#keepAliveMs);
    else this.#holds.push(hold);
    return hold.model;
  }
}
