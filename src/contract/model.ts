import type { ClassifyRequest, ClassifyResult } from './classify.ts';
import type { EmbedRequest, EmbedResult } from './embed.ts';
import type { GenerateEvent, GenerateRequest } from './generate.ts';
import type { ContextMemory } from './memory.ts';
import type { ModelHost } from './model-host.ts';
import type { RankRequest, RankResult } from './rank.ts';
import type { StoredResponses } from './stored-responses.ts';
import type { SlotState, TextService } from './text.ts';

/** What models can do; each is a method of `Model`. */
export const tasks = ['generate', 'embed', 'rank', 'classify'] as const;
export type Task = (typeof tasks)[number];

/** What a model is, for lists, banners and replies. */
export interface ModelInfo {
  /** The name clients use. */
  id: string;
  format: 'gguf' | 'onnx';
  /** Tokens a request has at most, prompt + completion; of a model that generates nothing, those of an input. */
  contextSize: number;
  /** Requests decoded together; of a model that generates nothing, inputs computed beside each other. */
  slots: number;
  /** Numbers of a vector, where it makes vectors. */
  dimensions?: number;
  /** What it tells texts apart by, where it classifies. */
  labels?: readonly string[];
  /** The device that really computes, in words: `cpu (up to 2 threads)`, `cuda:0 NVIDIA …`. */
  device: string;
  /** What the contexts of all slots take, where the engine plans it. */
  memory?: ContextMemory;
  tasks: readonly Task[];
  /** Unix seconds of the load. */
  created: number;
}

/**
 * What a model has done since it was loaded; every number only rises. A request here is one completion: a request for
 * n completions counts n times, and so does its prompt.
 */
export interface ModelTotals {
  /** Prompt tokens of requests that got a slot. */
  promptTokens: number;
  /** Prompt tokens computed, counted in the step that computed them. */
  promptTokensRead: number;
  /** Prompt tokens that were there when the request got its slot, and not computed. */
  promptTokensCached: number;
  /** Prompt tokens that no earlier prompt had after the same beginning (scheduling/unique-prompts.ts). */
  promptTokensUnique: number;
  /** Tokens sampled. */
  completionTokens: number;
  /** Steps that succeeded. */
  steps: number;
  /** Milliseconds that these steps took. */
  stepMs: number;
  /** Requests that got a slot. */
  admitted: number;
  /** Requests by their end: `left` is all whose reader stopped (a stop string, a client that left, a timeout). */
  outcomes: { eos: number; length: number; left: number; refused: number; failed: number };
}

/** What a model that reads whole inputs (an embedding model, a reranker, a classifier) has done since it was loaded, and what is going on. */
export interface InputStats {
  /** Tokens of the inputs that were computed. */
  tokens: number;
  /** Inputs (of a reranker: pairs) that were computed. */
  inputs: number;
  slots: number;
  slotsBusy: number;
  /** Inputs that wait. */
  queued: number;
}

/** The totals, and what is going on right now. */
export interface ModelStats extends ModelTotals {
  slots: number;
  slotsBusy: number;
  /** Requests that wait for a slot. */
  queued: number;
}

/** A loaded model. Every task is optional: an embedding model does not generate. */
export interface Model {
  readonly info: ModelInfo;
  /**
   * Generates. The first event is `start` (a slot is held), the last `done`.
   * Leaving the iteration or aborting the signal stops the work and frees the slot.
   * @throws InferenceError invalid_request, context_exceeded, overloaded, aborted, timeout, model_failed
   */
  generate?(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  /** Makes vectors. @throws InferenceError invalid_request, context_exceeded, overloaded, aborted, timeout, model_failed */
  embed?(request: EmbedRequest, signal: AbortSignal): Promise<EmbedResult>;
  /** Scores documents. @throws InferenceError as `embed` */
  rank?(request: RankRequest, signal: AbortSignal): Promise<RankResult>;
  /** Judges texts by labels. @throws InferenceError as `embed` */
  classify?(request: ClassifyRequest, signal: AbortSignal): Promise<ClassifyResult>;
  /** What its tokenizer and its chat template make of texts. */
  readonly text?: TextService;
  /** What each of its slots is doing right now. */
  slots?(): readonly SlotState[];
  /** The counters of its completions, read at once and cheaply. */
  stats?(): ModelStats;
  /** The counters of its inputs, where it makes vectors, ranks or classifies. */
  inputStats?(): InputStats;
  /** Resolves, with the reason, when the model has failed for good. */
  readonly failed: Promise<Error>;
  dispose(): Promise<void>;
}

/** A model that can do a task. */
export type Capable<T extends Task> = Model & Required<Pick<Model, T>>;

/** The models as one request sees them. What it takes stays loaded until the request is over. */
export interface Models {
  /**
   * The model that answers to a name, loaded. A server with one model answers to every name.
   * @throws InferenceError model_not_found, overloaded, model_failed, insufficient_memory, aborted
   */
  resolve(name: string | undefined): Promise<Model>;
  /**
   * The model that does a task for who asks by a name; without a name the first that can.
   * @throws InferenceError as `resolve`; invalid_request where another model can do it, unsupported where none can
   */
  capable<T extends Task>(name: string | undefined, task: T): Promise<Capable<T>>;
}

/** What routes may use. */
export interface Services {
  models: Models;
  host: ModelHost;
  responses: StoredResponses;
}
