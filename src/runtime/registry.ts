import { InferenceError } from '../contract/errors.ts';
import type { Lease, ModelHost, ModelMemory, ModelStatus, PullEvent } from '../contract/model-host.ts';
import type { Model, Task } from '../contract/model.ts';
import { systemClock, type Clock } from '../scheduling/clock.ts';
import { ModelLease } from './model-lease.ts';
import { createPlace, statusOf, type ModelSource, type Place } from './place.ts';
import { Residency } from './residency.ts';
import { otherTask, unknownModel } from './task-errors.ts';

/** Fetches models by name. */
export interface Puller {
  /**
   * Makes sure that a model is on this machine.
   * @returns its progress; at the end what can be loaded
   * @throws InferenceError invalid_request, model_not_found, forbidden, insufficient_memory, model_failed, aborted
   */
  pull(name: string, signal: AbortSignal): AsyncGenerator<PullEvent, ModelSource, void>;
}

export interface RegistryOptions {
  /** Bytes that all loaded models together may take; no limit unless given. */
  budget?: number | undefined;
  /** Requests that may wait for models to be loaded; 128 unless given. */
  maxWaiting?: number;
  clock?: Clock;
  /** Told of a model that failed while it served. */
  onFailed?: (id: string, error: Error) => void;
  puller?: Puller | undefined;
}

/** The models of a server, by their names. With one model, every name is answered: AgentScope sends its config's name. */
export class Registry implements ModelHost {
  readonly #places = new Map<string, Place>();
  readonly #residency: Residency;
  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions = {}) {
    const { budget, maxWaiting = 128, clock = systemClock, onFailed = () => {} } = options;
    this.#options = options;
    this.#residency = new Residency({
      budget,
      maxWaiting,
      clock,
      onFailed: (place, error) => onFailed(place.source.id, error),
    });
  }

  /** Adds a model under its id, which no other has; it is loaded when it is needed. */
  add(source: ModelSource): void {
    this.#residency.add(this.#placeFor(source));
  }

  /** Adds a model that is loaded already. */
  addLoaded(model: Model): void {
    const { id, format, tasks } = model.info;
    const load = (): Promise<never> =>
      Promise.reject(new InferenceError('model_failed', `The model ${id} cannot be loaded again.`));
    const source = { id, format, tasks, bytes: undefined, idleUnloadMs: Infinity, load };
    this.#residency.addLoaded(this.#placeFor(source), { model });
  }

  list(): readonly ModelStatus[] {
    return [...this.#places.values()].map((place) => this.#statusOf(place));
  }

  status(name: string | undefined): ModelStatus {
    return this.#statusOf(this.place(name));
  }

  loaded(): readonly Model[] {
    return [...this.#places.values()].flatMap(({ state, resident }) =>
      state === 'ready' && resident !== undefined ? [resident.model] : [],
    );
  }

  memory(): ModelMemory {
    return { budget: this.#options.budget, used: this.#residency.used };
  }

  lease(signal: AbortSignal, keepAliveMs?: number): Lease {
    return new ModelLease(this, this.#residency, signal, keepAliveMs);
  }

  async load(name: string, signal: AbortSignal, keepAliveMs?: number): Promise<ModelStatus> {
    const place = this.place(name);
    const hold = await this.#residency.acquire(place, signal, true);
    hold.release(keepAliveMs);
    return this.#statusOf(place);
  }

  async unload(name: string, signal: AbortSignal): Promise<ModelStatus> {
    const place = this.place(name);
    await this.#residency.unload(place, signal);
    return this.#statusOf(place);
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    // Only its own name will do, also where it is the only one.
    const place = this.#places.get(name);
    if (place === undefined) throw unknownModel(name, [...this.#places.keys()]);
    this.#places.delete(name);
    await this.#residency.remove(place, unknownModel(name, [...this.#places.keys()]), signal);
  }

  async *pull(name: string, signal: AbortSignal): AsyncGenerator<PullEvent, ModelStatus, void> {
    const { puller } = this.#options;
    if (puller === undefined) throw new InferenceError('unsupported', 'This server fetches no models.');
    const source = yield* puller.pull(name, signal);
    if (!this.#places.has(source.id)) this.add(source);
    return this.status(source.id);
  }

  /** Unloads all models. */
  async dispose(): Promise<void> {
    await this.#residency.dispose();
    this.#places.clear();
  }

  /** The place that answers to a name; without one the first. @throws InferenceError model_not_found */
  place(name: string | undefined): Place {
    const [first] = this.#places.values();
    if (first !== undefined && (this.#places.size === 1 || name === undefined)) return first;
    const place = name === undefined ? undefined : this.#places.get(name);
    if (place !== undefined) return place;
    throw unknownModel(name, [...this.#places.keys()]);
  }

  /**
   * The place that does a task for who asks by a name; without a name the first that can. One whose file does not tell what it
   * is for may turn out to be able.
   * @throws InferenceError as `place`; invalid_request, unsupported
   */
  placeFor(name: string | undefined, task: Task): Place {
    const able = [...this.#places.values()].filter((place) => tasksOf(place).includes(task));
    const [first] = able;
    if (name === undefined && first !== undefined) return first;
    const place = this.place(name);
    const tasks = tasksOf(place);
    if (tasks.length === 0 || tasks.includes(task)) return place;
    const ids = able.map(({ source }) => source.id);
    throw otherTask({ id: place.source.id, tasks }, task, ids);
  }

  #placeFor(source: ModelSource): Place {
    if (this.#places.has(source.id)) throw new Error(`two models are called ${source.id}`);
    const place = createPlace(source, Math.floor(Date.now() / 1000));
    this.#places.set(source.id, place);
    return place;
  }

  #statusOf(place: Place): ModelStatus {
    return statusOf(place, this.#residency.waiting(place));
  }
}

function tasksOf({ info, source }: Place): readonly Task[] {
  return info?.tasks ?? source.tasks;
}
