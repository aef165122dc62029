import type { LlamaContext, LlamaContextOptions, LlamaModel } from 'node-llama-cpp';
import type { Embedder } from '../../contract/embed.ts';
import { InferenceError } from '../../contract/errors.ts';
import type { LoadOptions } from '../engine.ts';
import { addonContext, addonModel, type AddonContext } from './addon.ts';
import { describeDevice, openDevice } from './devices.ts';
import { checkGgufFile } from './gguf-file.ts';
import { LanePool, type Lane } from './embedding-lanes.ts';
import { chooseThreads, loadModel } from './load.ts';

export interface EmbedderOptions extends Pick<LoadOptions, 'path' | 'device' | 'threads' | 'onLog'> {
  /** Tokens of an input at most; undefined takes what the model was trained on, up to 2,048. */
  contextSize: number | undefined;
  /** Inputs computed beside each other; undefined takes one a core on a CPU and one on a GPU. */
  lanes: number | undefined;
}

export interface LoadedEmbedder {
  embedder: Embedder;
  /** Tokenizes a text for it; special tokens stay text. Synchronous. */
  encode(text: string): number[];
  /** The device that really computes, in words. */
  device: string;
}

/** An input is one native batch, and its memory grows with it. */
const CONTEXT = 2048;
/** llama.h's LLAMA_POOLING_TYPE_RANK: such a model scores pairs of texts. */
const RANK = 4;

/**
 * Loads a GGUF file that makes embeddings. The addon reads back the vector of sequence 0 alone (AddonContext::GetEmbedding),
 * so a native batch holds one input; the cores are filled by several contexts over the same weights, one thread each.
 * @throws InferenceError model_failed for a file that is no model, unsupported for one that makes no embeddings,
 * insufficient_memory, invalid_request
 */
export async function loadGgufEmbedder(options: EmbedderOptions): Promise<LoadedEmbedder> {
  await checkGgufFile(options.path);
  const cores = chooseThreads(options.threads);
  const engineErrors: string[] = [];
  const llama = await openDevice(options.device, (level, message) => {
    if (level === 'error' && engineErrors.length < 10) engineErrors.push(message);
    options.onLog?.(level, message);
  });
  const model = await loadModel(llama, { path: options.path, gpuLayers: 'auto' }, engineErrors);
  try {
    checkPooling(model, options.path);
    const contextSize = Math.min(model.trainContextSize, options.contextSize ?? CONTEXT);
    const contexts: LlamaContext[] = [];
    for (let lanes = options.lanes ?? (llama.gpu === false ? cores : 1); lanes > 0; lanes -= 1) {
      contexts.push(await createContext(model, contextSize));
    }
    const native = addonModel(model);
    return {
      embedder: new GgufEmbedder(model, contexts, contextSize, cores),
      encode: (text) => Array.from(native.tokenize(text, false)),
      device: await describeDevice(options.device, llama, cores),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

class GgufEmbedder implements Embedder {
  readonly dimensions: number;
  readonly contextSize: number;
  private readonly model: LlamaModel;
  /** Kept although only the native ones under them are used: when they were collected as garbage, the model never unloaded. */
  private readonly contexts: readonly LlamaContext[];
  private readonly pool: LanePool;
  private readonly first: number | undefined;
  private readonly last: number | undefined;

  constructor(model: LlamaModel, contexts: readonly LlamaContext[], contextSize: number, cores: number) {
    this.model = model;
    this.contexts = contexts;
    this.dimensions = model.embeddingVectorSize;
    this.contextSize = contextSize;
    this.pool = new LanePool(
      contexts.map((context) => lane(addonContext(context))),
      cores,
    );
    // As llama.cpp's own tokenizer adds them (llama-vocab.cpp, tokenize with add_special).
    const { tokens, vocabularyType } = model;
    const wordPiece = vocabularyType === 'wpm';
    this.first = (wordPiece || tokens.shouldPrependBosToken ? tokens.bos : null) ?? undefined;
    this.last = (wordPiece ? tokens.sep : tokens.shouldAppendEosToken ? tokens.eos : null) ?? undefined;
  }

  async embed(tokens: readonly (readonly number[])[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.pool.run(
      tokens.map((input, index) => this.checked(input, index)),
      signal,
    );
  }

  async dispose(): Promise<void> {
    await this.pool.close(new InferenceError('model_failed', 'The model is being unloaded.', { retryAfter: 5 }));
    for (const context of this.contexts) await context.dispose();
    await this.model.dispose();
  }

  /** An input with the tokens that the model wants around it. */
  private checked(input: readonly number[], index: number): readonly number[] {
    if (input.length === 0) {
      throw new InferenceError('invalid_request', `Input ${index} is empty; give at least one token.`);
    }
    const { first, last, contextSize } = this;
    const before = first !== undefined && input[0] !== first ? [first] : [];
    const after = last !== undefined && input.at(-1) !== last ? [last] : [];
    const whole = [...before, ...input, ...after];
    if (whole.length <= contextSize) return whole;
    const message = `Input ${index} has ${whole.length} tokens, but the model takes ${contextSize}; shorten it.`;
    throw new InferenceError('context_exceeded', message);
  }
}

function lane(context: AddonContext): Lane {
  return {
    compute: async (tokens, threads) => {
      // Models with a KV cache would go on from the last input.
      context.disposeSequence(0);
      context.initBatch(tokens.length);
      context.addToBatch(0, 0, Uint32Array.from(tokens), Uint32Array.of(tokens.length - 1));
      context.setThreads(threads);
      await context.decodeBatch();
      return normalized(context.getEmbedding(tokens.length));
    },
  };
}

function normalized(vector: Float64Array): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => (length > 0 ? value / length : 0));
}

/** @throws InferenceError for a model that generates text or ranks */
function checkPooling(model: LlamaModel, path: string): void {
  const { attention, pooling_type: pooling } = model.fileInfo.architectureMetadata;
  if (pooling !== RANK && (attention?.causal === false || (pooling ?? 0) > 0)) return;
  const { architecture } = model.fileInfo.metadata.general;
  throw new InferenceError(
    'unsupported',
    `The model ${path} (${architecture}) makes no embeddings; name one that does.`,
  );
}

async function createContext(model: LlamaModel, contextSize: number): Promise<LlamaContext> {
  // The package's own option, missing from its public type; its createEmbeddingContext sets it (LlamaEmbeddingContext.js).
  const embeddings = { _embeddings: true };
  const options: LlamaContextOptions = { contextSize, batchSize: contextSize, sequences: 1, threads: 1, ...embeddings };
  try {
    return await model.createContext(options);
  } catch (cause) {
    const message = `There is no memory for inputs of ${contextSize} tokens; lower the context size.`;
    throw new InferenceError('insufficient_memory', message, { cause });
  }
}
