import type { Classifier } from '../contract/classify.ts';
import type { Dtype } from '../contract/dtype.ts';
import type { Embedder } from '../contract/embed.ts';
import type { ContextMemory, KvCacheType } from '../contract/memory.ts';
import type { Ranker } from '../contract/rank.ts';
import type { Stepper, Tokenizer } from '../contract/tokens.ts';

export interface LoadOptions {
  /** Absolute path of the GGUF file or the ONNX folder. */
  path: string;
  format: 'gguf' | 'onnx';
  /** `auto`, `cpu`, `cuda`, `cuda:N`, `metal`, `vulkan`, `coreml`, `dml` or `webgpu`. */
  device: string;
  /** Which of an ONNX folder's weights; undefined lets the engine choose. */
  dtype: Dtype | undefined;
  /** Tokens per slot; undefined lets the engine choose by the model and the memory. */
  contextSize: number | undefined;
  slots: number | undefined;
  threads: number | undefined;
  batchSize: number | undefined;
  gpuLayers: 'auto' | 'max' | number;
  /** Adapters that are added to the model, each with how much of it; for GGUF alone. */
  lora?: readonly { path: string; scale: number }[] | undefined;
  /** A folder for files that live for a moment; better in memory than on a disk. */
  scratchFolder: string;
  /** What keys and values of the context are stored in. */
  kvCacheType: KvCacheType;
  flashAttention: 'auto' | 'on' | 'off';
  /** Called with the share that is loaded, 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
  /** The engine's own log lines. */
  onLog?: ((level: 'error' | 'warn' | 'debug', message: string) => void) | undefined;
}

interface LoadedModel {
  format: 'gguf' | 'onnx';
  tokenizer: Tokenizer;
  /** The device that really computes, in words. */
  device: string;
}

/** A model that generates: tokens in, tokens out. */
export interface GeneratorEngine extends LoadedModel {
  task: 'generate';
  stepper: Stepper;
  /** Whether the stepper can hold a text to this grammar. @throws Error where it cannot */
  checkGrammar(gbnf: string): void;
  /** The model's Jinja chat template, where it has one. */
  chatTemplate: string | undefined;
  /** The files with its weights, absolute. */
  weights: readonly string[];
  /** The engine with its version, and what else a saved state of a slot depends on; undefined where none can be saved. */
  states: { engine: string; state: string } | undefined;
  /** What the contexts of all slots take, where that is planned. */
  memory: ContextMemory | undefined;
}

/** A model that makes vectors. */
export interface EmbedderEngine extends LoadedModel {
  task: 'embed';
  embedder: Embedder;
}

/** A model that scores pairs of texts. */
export interface RankerEngine extends LoadedModel {
  task: 'rank';
  ranker: Ranker;
}

/** A model that judges texts by labels. */
export interface ClassifierEngine extends LoadedModel {
  task: 'classify';
  classifier: Classifier;
}

/** A loaded model as the runtime takes it; the file says what it is for. */
export type Engine = GeneratorEngine | EmbedderEngine | RankerEngine | ClassifierEngine;
