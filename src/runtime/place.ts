import type { InferenceError } from '../contract/errors.ts';
import type { ModelState, ModelStatus } from '../contract/model-host.ts';
import type { Model, ModelInfo, Task } from '../contract/model.ts';

/** A model that was just loaded. */
export interface LoadedModel {
  model: Model;
  /** Bytes that it takes by the engine's own plan; undefined where that is not known. */
  bytes?: number | undefined;
  /** Bytes by which the process grew. */
  measuredBytes?: number | undefined;
}

/** A model that a server has been told of. */
export interface ModelSource {
  id: string;
  format: 'gguf' | 'onnx';
  /** What it can do, as far as its file tells; empty where that is not known. */
  tasks: readonly Task[];
  /** Bytes that it is expected to take; undefined where that is not known. */
  bytes: number | undefined;
  /** Milliseconds that it stays loaded without requests; Infinity for ever. */
  idleUnloadMs: number;
  /** @param onProgress takes the share that is loaded, 0 to 1 @throws InferenceError */
  load(onProgress: (fraction: number) => void): Promise<LoadedModel>;
}

/** A model in memory. */
export interface Resident {
  model: Model;
  bytes: number;
  measuredBytes: number | undefined;
  /** Requests that work with it. */
  active: number;
  /** When it was last taken or let go: a number that only rises. */
  used: number;
  /** Goes as soon as nobody works with it; nobody is given it any more. */
  unwanted: boolean;
  /** The same, for as long as somebody waits for its memory. */
  leaving: boolean;
  /** Calls off the idle timer. */
  stopTimer: () => void;
}

/** Where a model of the server stands. Only `Residency` changes it. */
export interface Place {
  readonly source: ModelSource;
  /** Unix seconds. */
  readonly created: number;
  state: ModelState;
  progress: number;
  resident: Resident | undefined;
  /** The last failure, until it is loaded again. */
  error: InferenceError | undefined;
  /** Loads that failed one after the other. */
  failures: number;
  /** When a request may try again after a failure, by the clock. */
  retryAt: number;
  /** What it told of itself when it was last loaded. */
  info: ModelInfo | undefined;
  /** Bytes that it takes or is expected to take; 0 where that is not known. */
  bytes: number;
  /** Goes first, because its memory was missed when this one was loaded. */
  waitsFor: Place | undefined;
}

export function createPlace(source: ModelSource, created: number): Place {
  return {
    source,
    created,
    state: 'unloaded',
    progress: 0,
    resident: undefined,
    error: undefined,
    failures: 0,
    retryAt: 0,
    info: undefined,
    bytes: source.bytes ?? 0,
    waitsFor: undefined,
  };
}

/** A model that nobody works with yet. @param used its last use */
export function createResident(
  { model, bytes, measuredBytes }: Pick<Resident, 'model' | 'bytes' | 'measuredBytes'>,
  used: number,
): Resident {
  return { model, bytes, measuredBytes, active: 0, used, unwanted: false, leaving: false, stopTimer: () => {} };
}

/** Whether a place's model can be taken at once. */
export function canBeTaken({ state, resident }: Place): boolean {
  return state === 'ready' && resident !== undefined && !resident.unwanted && !resident.leaving;
}

/** What the place tells of itself. @param waiting requests that wait for it */
export function statusOf(place: Place, waiting: number): ModelStatus {
  const { source, resident, state, info, bytes } = place;
  return {
    id: source.id,
    format: source.format,
    state: state === 'ready' && resident?.unwanted === true ? 'unloading' : state,
    progress: state === 'loading' ? place.progress : undefined,
    error: state === 'failed' ? place.error?.message : undefined,
    tasks: info?.tasks ?? source.tasks,
    info,
    bytes: (resident?.bytes ?? bytes) || undefined,
    measuredBytes: resident?.measuredBytes,
    active: resident?.active ?? 0,
    waiting,
    created: place.created,
  };
}
