import type { Model, ModelInfo, Models, Task } from './model.ts';

/** Where a model of a server stands. `unloading` finishes its last requests or gives its memory back. */
export const modelStates = ['unloaded', 'loading', 'ready', 'unloading', 'failed'] as const;
export type ModelState = (typeof modelStates)[number];

/** A model that a server has, loaded or not. */
export interface ModelStatus {
  /** The name clients use. */
  id: string;
  format: 'gguf' | 'onnx';
  state: ModelState;
  /** Share that is loaded, 0 to 1, while it loads. */
  progress: number | undefined;
  /** Why it failed: a sentence for clients. */
  error: string | undefined;
  /** What it can do, as far as its file tells before it is loaded. */
  tasks: readonly Task[];
  /** What is known of it once it has been loaded. */
  info: ModelInfo | undefined;
  /** Bytes that it takes, or is expected to take; undefined where nothing is known yet. */
  bytes: number | undefined;
  /** Bytes by which the process grew when it was loaded; other work may have its part in them. */
  measuredBytes: number | undefined;
  /** Requests that work with it, and those that wait for it to be loaded. */
  active: number;
  waiting: number;
  /** Unix seconds at which the server came to know it. */
  created: number;
}

/** Memory of all loaded models, in bytes. */
export interface ModelMemory {
  /** What they may take; undefined for no limit. */
  budget: number | undefined;
  used: number;
}

/** What a request holds of the models, until it lets go. */
export interface Lease extends Models {
  /** Lets go of every model that was taken. Safe to call twice. */
  release(): void;
}

/** How far a model that is fetched is. Bytes are those of all its files. */
export interface PullEvent {
  /** The file that is being fetched. */
  file: string;
  doneBytes: number;
  totalBytes: number;
}

/** All models of a server, for who looks after them. */
export interface ModelHost {
  list(): readonly ModelStatus[];
  /** The model that would answer to a name. @throws InferenceError model_not_found */
  status(name: string | undefined): ModelStatus;
  /** Those that are loaded now. */
  loaded(): readonly Model[];
  memory(): ModelMemory;
  /**
   * The models for one request. What it takes is loaded where it is not, and stays until it is released.
   * @param signal ends its waiting
   * @param keepAliveMs how long models stay loaded after it: 0 unloads at once, Infinity never; undefined by the settings
   */
  lease(signal: AbortSignal, keepAliveMs?: number): Lease;
  /** Loads a model, at once also where it has just failed. @throws InferenceError as `Models.resolve` */
  load(name: string, signal: AbortSignal, keepAliveMs?: number): Promise<ModelStatus>;
  /**
   * Gives a model's memory back when its running requests are over; later requests load it again.
   * @throws InferenceError model_not_found, aborted
   */
  unload(name: string, signal: AbortSignal): Promise<ModelStatus>;
  /** Unloads a model and forgets it; its files stay. @throws as `unload` */
  remove(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Fetches a model by its name on a hub and adds it, unloaded.
   * @returns its progress; at the end the model
   * @throws InferenceError unsupported where this server fetches none, invalid_request, model_not_found, forbidden, aborted
   */
  pull(name: string, signal: AbortSignal): AsyncGenerator<PullEvent, ModelStatus, void>;
}
