import type { LlamaContext, LlamaContextOptions, LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { LoadOptions } from '../engine.ts';
import { addonContext, type AddonContext } from './addon.ts';
import { poolThreads } from '../cores.ts';
import { turnsOf, type Turns } from '../core-turns.ts';
import { LanePool, type Lane } from './embedding-lanes.ts';
import type { OpenModel } from './open-model.ts';

/** An input is one native batch, and its memory grows with it. */
const CONTEXT = 2048;

export interface EncoderOptions extends Pick<LoadOptions, 'contextSize'> {
  /** Inputs computed beside each other; undefined takes one a core on a CPU, as far as there are threads to do so, and one on a GPU. */
  lanes?: number;
}

/**
 * Computes what a model says of whole inputs. The addon reads back the vector of sequence 0 alone
 * (AddonContext::GetEmbedding), so a native batch holds one input. In a pool of one thread an input gets all cores; in a larger
 * one the cores are filled by several contexts over the same weights, one thread each.
 */
export class Encoder {
  readonly contextSize: number;
  readonly lanes: number;
  private readonly model: LlamaModel;
  /** Kept although only the native ones under them are used: when they were collected as garbage, the model never unloaded. */
  private readonly contexts: readonly LlamaContext[];
  private readonly pool: LanePool;

  /** @param ranking whether it scores pairs @throws InferenceError insufficient_memory */
  static async create(opened: OpenModel, options: EncoderOptions, ranking: boolean): Promise<Encoder> {
    const { llama, model, cores } = opened;
    const contextSize = Math.min(model.trainContextSize, options.contextSize ?? CONTEXT);
    const contexts: LlamaContext[] = [];
    for (
      let lanes = options.lanes ?? (llama.gpu === false ? Math.min(cores, poolThreads()) : 1);
      lanes > 0;
      lanes -= 1
    ) {
      contexts.push(await createContext(model, contextSize, ranking));
    }
    return new Encoder(opened, contexts, contextSize);
  }

  private constructor({ llama, model, cores }: OpenModel, contexts: readonly LlamaContext[], contextSize: number) {
    const turns = turnsOf(llama.gpu !== false);
    this.model = model;
    this.contexts = contexts;
    this.contextSize = contextSize;
    this.lanes = contexts.length;
    this.pool = new LanePool(
      contexts.map((context) => lane(addonContext(context), turns)),
      cores,
    );
  }

  get load(): { busy: number; waiting: number } {
    return this.pool.load;
  }

  /** What the model's pooling makes of each input, as it is. @throws as `LanePool.run` */
  encode(inputs: readonly (readonly number[])[], signal: AbortSignal, begun?: () => void): Promise<Float64Array[]> {
    return this.pool.run(inputs, signal, begun);
  }

  async dispose(): Promise<void> {
    await this.pool.close(new InferenceError('model_failed', 'The model is being unloaded.', { retryAfter: 5 }));
    for (const context of this.contexts) await context.dispose();
    await this.model.dispose();
  }
}

function lane(context: AddonContext, turns: Turns): Lane {
  return {
    compute: async (tokens, threads) => {
      const turn = await turns.take(threads);
      try {
        // Models with a KV cache would go on from the last input.
        context.disposeSequence(0);
        context.initBatch(tokens.length);
        context.addToBatch(0, 0, Uint32Array.from(tokens), Uint32Array.of(tokens.length - 1));
        context.setThreads(turn.threads);
        await context.decodeBatch();
      } finally {
        turn.release();
      }
      return context.getEmbedding(tokens.length);
    },
  };
}

async function createContext(model: LlamaModel, contextSize: number, ranking: boolean): Promise<LlamaContext> {
  // The package's own options, missing from its public type; its createEmbeddingContext and createRankingContext set them.
  const internal = { _embeddings: true, _ranking: ranking };
  const options: LlamaContextOptions = { contextSize, batchSize: contextSize, sequences: 1, threads: 1, ...internal };
  try {
    return await model.createContext(options);
  } catch (cause) {
    const message = `There is no memory for inputs of ${contextSize} tokens; lower the context size.`;
    throw new InferenceError('insufficient_memory', message, { cause });
  }
}
