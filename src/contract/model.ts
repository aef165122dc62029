import type { GenerateEvent, GenerateRequest } from './generate.ts';
import type { ContextMemory } from './memory.ts';
import type { SlotState, TextService } from './text.ts';

/** What a model is, for lists, banners and replies. */
export interface ModelInfo {
  /** The name clients use. */
  id: string;
  format: 'gguf' | 'onnx';
  /** Tokens a request has at most, prompt + completion. */
  contextSize: number;
  /** Requests decoded together. */
  slots: number;
  /** The device that really computes, in words: `cpu (up to 2 threads)`, `cuda:0 NVIDIA …`. */
  device: string;
  /** What the contexts of all slots take, where the engine plans it. */
  memory?: ContextMemory;
  tasks: readonly 'generate'[];
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
  /** What its tokenizer and its chat template make of texts. */
  readonly text?: TextService;
  /** What each of its slots is doing right now. */
  slots?(): readonly SlotState[];
  /** Its counters, read at once and cheaply. */
  stats?(): ModelStats;
  /** Resolves, with the reason, when the model has failed for good. */
  readonly failed: Promise<Error>;
  dispose(): Promise<void>;
}

export interface Models {
  list(): readonly ModelInfo[];
  /**
   * The model that answers to a name. A server with one model answers to every name.
   * @throws InferenceError model_not_found, loading
   */
  resolve(name: string | undefined): Model;
}

/** What routes that do not generate may use. */
export interface Services {
  models: Models;
}
