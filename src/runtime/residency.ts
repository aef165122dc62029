import { abortError, InferenceError } from '../contract/errors.ts';
import type { Clock } from '../scheduling/clock.ts';
import { Changes } from './changes.ts';
import { bytesHeld, chooseLeaving, held, type Held } from './eviction.ts';
import { lineIsFull, loadError, neverFits, noteFailure, recentFailure, shuttingDown } from './load-failure.ts';
import { ModelQueue, type Hold } from './model-queue.ts';
import { canBeTaken, createResident, type LoadedModel, type Place, type Resident } from './place.ts';

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface ResidencyOptions {
  /** Bytes that all models together may take; undefined for no limit. */
  budget: number | undefined;
  /** Requests that may wait for models to be loaded. */
  maxWaiting: number;
  clock: Clock;
  /** Told of a model that failed while it served. */
  onFailed(place: Place, error: Error): void;
}

/**
 * Which models are in memory. A request takes its model and lets it go; one that is not loaded is loaded once for all who
 * wait, one at a time, in the order in which they came, and others that nobody works with go where the budget wants it.
 * Requests for loaded models pass those that wait, but not at a model that is to make room.
 */
export class Residency {
  readonly #options: ResidencyOptions;
  readonly #places = new Set<Place>();
  readonly #queue = new ModelQueue();
  readonly #changes = new Changes();
  #loading: Promise<void> | undefined;
  #uses = 0;
  #closed: InferenceError | undefined;

  constructor(options: ResidencyOptions) {
    this.#options = options;
  }

  add(place: Place): void {
    this.#places.add(place);
  }

  /** Adds a model that is loaded already. */
  addLoaded(place: Place, loaded: LoadedModel): void {
    this.add(place);
    this.#settle(place, loaded);
  }

  /** Bytes that models hold now. */
  get used(): number {
    return bytesHeld(this.#places);
  }

  /** Requests that wait for a place. */
  waiting(place: Place): number {
    return this.#queue.places().filter((one) => one === place).length;
  }

  /**
   * Takes a model, loading it where it is not there.
   * @param again tries at once what has just failed
   * @throws InferenceError overloaded, model_failed, insufficient_memory and whatever loading throws; aborted or the signal's
   * own reason
   */
  async acquire(place: Place, signal: AbortSignal, again = false): Promise<Hold> {
    if (signal.aborted) throw abortError(signal);
    const refusal = this.#closed ?? this.#refusal(place, again);
    if (refusal !== undefined) throw refusal;
    const granted = this.#queue.join(place, signal, () => this.#pump());
    this.#pump();
    return granted;
  }

  /** Resolves when the model's memory has been given back; its running requests end first. @throws InferenceError aborted */
  async unload(place: Place, signal: AbortSignal): Promise<void> {
    // Who comes from now on gets it anew.
    if (place.state === 'loading') await this.#changes.until(() => place.state !== 'loading', signal);
    const { resident } = place;
    if (resident === undefined) return;
    resident.unwanted = true;
    this.#pump();
    await this.#changes.until(() => place.resident !== resident, signal);
  }

  /** Unloads a model for good; who waits for it gets the error. @throws InferenceError aborted */
  async remove(place: Place, error: InferenceError, signal: AbortSignal): Promise<void> {
    this.#queue.refuse(error, place);
    await this.unload(place, signal);
    this.#places.delete(place);
  }

  /** Refuses all that wait, and gives all memory back. */
  async dispose(): Promise<void> {
    this.#closed ??= shuttingDown();
    this.#queue.refuse(this.#closed);
    await this.#loading;
    for (const one of held(this.#places)) void this.#unload(one);
    await this.#changes.until(() => [...this.#places].every(({ resident }) => resident === undefined));
  }

  #refusal(place: Place, again: boolean): InferenceError | undefined {
    const failure = again ? undefined : recentFailure(place, this.#options.clock.now());
    if (failure !== undefined) return failure;
    if (canBeTaken(place) || this.#queue.length < this.#options.maxWaiting) return undefined;
    return lineIsFull(this.#queue.length);
  }

  /** Does all that can be done now: unloads what may go, begins the next load, hands out what is there. */
  #pump(): void {
    for (const one of held(this.#places)) {
      if (one.resident.unwanted && one.resident.active === 0) void this.#unload(one);
    }
    // A model that was just loaded comes to those who waited for it before its memory goes to the next.
    this.#queue.grant((place) => this.#take(place));
    const next = this.#makeRoom();
    if (next !== undefined) this.#loading = this.#load(next);
    this.#queue.grant((place) => this.#take(place));
    this.#changes.tell();
  }

  /** Makes room for the first that waits for a load. @returns the place that can be loaded now */
  #makeRoom(): Place | undefined {
    const { budget = Infinity } = this.#options;
    const next = this.#loading === undefined && this.#closed === undefined ? this.#next(budget) : undefined;
    // What is on its way out already need not be chosen again.
    const staying = [...this.#places].filter(({ state }) => state !== 'unloading');
    const missing = next === undefined ? 0 : bytesHeld(staying) + next.bytes - budget;
    const ready = held(this.#places);
    const leaving = chooseLeaving(ready, missing);
    for (const one of ready) one.resident.leaving = leaving.includes(one);
    for (const one of leaving) if (one.resident.active === 0) void this.#unload(one);
    if (next === undefined || next.waitsFor?.resident !== undefined) return undefined;
    return bytesHeld(this.#places) + next.bytes <= budget ? next : undefined;
  }

  /** The first place that somebody waits for and that is not there; who waits for one that can never fit is refused. */
  #next(budget: number): Place | undefined {
    for (const place of this.#queue.places()) {
      if (place.state !== 'unloaded' && place.state !== 'failed') continue;
      if (place.bytes <= budget) return place;
      this.#fail(place, neverFits(place, place.bytes, budget));
    }
    return undefined;
  }

  async #load(place: Place): Promise<void> {
    place.state = 'loading';
    place.progress = 0;
    place.waitsFor = undefined;
    try {
      await Promise.resolve();
      this.#settle(place, await place.source.load((fraction) => (place.progress = fraction)));
    } catch (thrown) {
      this.#loadFailed(place, loadError(place, thrown));
    }
    this.#loading = undefined;
    this.#pump();
    // Who waited for it may have left.
    if (place.resident?.active === 0) this.#restartTimer(place, place.resident);
    this.#pump();
  }

  /** What a loaded model really takes is known now; others make room for it, or it goes itself. */
  #settle(place: Place, { model, bytes = place.bytes, measuredBytes }: LoadedModel): void {
    const { budget = Infinity } = this.#options;
    const resident = createResident({ model, bytes, measuredBytes }, (this.#uses += 1));
    resident.unwanted = this.#closed !== undefined;
    Object.assign(place, { resident, bytes, info: model.info, error: undefined, failures: 0, state: 'ready' });
    if (bytes > budget) {
      resident.unwanted = true;
      return this.#fail(place, neverFits(place, bytes, budget));
    }
    const others = held(this.#places).filter((one) => one.place !== place);
    for (const one of chooseLeaving(others, bytesHeld(this.#places) - budget)) one.resident.unwanted = true;
    void this.#watch(place, resident);
  }

  #loadFailed(place: Place, error: InferenceError): void {
    // Memory that others hold may be what is missing, whatever the budget says: on a GPU it counts none of it.
    const [other] = error.code === 'insufficient_memory' ? chooseLeaving(held(this.#places), 1) : [];
    if (other === undefined) return this.#fail(place, error);
    place.state = 'unloaded';
    place.waitsFor = other.place;
    other.resident.unwanted = true;
  }

  #fail(place: Place, error: InferenceError): void {
    noteFailure(place, error, this.#options.clock.now());
    this.#queue.refuse(error, place);
  }

  /** Lets go of a model that failed while it served; the next request loads it again. */
  async #watch(place: Place, resident: Resident): Promise<void> {
    const error = await resident.model.failed;
    if (place.resident !== resident || place.state !== 'ready') return;
    place.error = new InferenceError('model_failed', error.message, { cause: error.cause });
    resident.unwanted = true;
    this.#options.onFailed(place, error);
    this.#pump();
  }

  async #unload({ place, resident }: Held): Promise<void> {
    if (place.resident !== resident || place.state !== 'ready') return;
    place.state = 'unloading';
    resident.stopTimer();
    try {
      await resident.model.dispose();
    } catch (thrown) {
      place.error ??= loadError(place, thrown);
    }
    place.resident = undefined;
    place.state = place.error === undefined ? 'unloaded' : 'failed';
    this.#pump();
  }

  /** @returns undefined where the model cannot be had now */
  #take(place: Place): Hold | undefined {
    const { resident } = place;
    if (resident === undefined || !canBeTaken(place)) return undefined;
    resident.stopTimer();
    resident.active += 1;
    resident.used = this.#uses += 1;
    let released = false;
    const release = (keepAliveMs: number | undefined): void => {
      if (released) return;
      released = true;
      resident.active -= 1;
      resident.used = this.#uses += 1;
      this.#restartTimer(place, resident, keepAliveMs);
      this.#pump();
    };
    return { model: resident.model, release };
  }

  /** An idle model goes after its time. */
  #restartTimer({ source }: Place, resident: Resident, keepAliveMs = source.idleUnloadMs): void {
    resident.stopTimer();
    if (resident.active > 0 || keepAliveMs > LONGEST_TIMER_MS) return;
    const go = (): void => {
      resident.unwanted = true;
      this.#pump();
    };
    if (keepAliveMs <= 0) resident.unwanted = true;
    else resident.stopTimer = this.#options.clock.after(keepAliveMs, go);
  }
}
