import { InferenceError } from '../../../contract/errors.ts';
import type { WholeInput } from '../../../contract/input.ts';
import type { LoadOptions } from '../../engine.ts';
import type { EncoderBatch } from './encoder.ts';
import type { EncoderCalls, EncoderData, EncoderInfo } from './encoder-worker.ts';
import type { OnnxFolder } from '../folder/folder.ts';
import { createFraming, type Framing } from '../tokenizer/framing.ts';
import { InputBatches } from './input-batches.ts';
import type { Placement } from '../placement.ts';
import { WorkerClient } from '../thread/worker-client.ts';
import { workerFile } from '../thread/worker-file.ts';

/** Inputs of a run at most, unless it is set: more make an input no cheaper (docs/benchmarks.md). */
const ROWS = 32;
/** Tokens of an input at most, unless it is set: the memory of a run grows with their square. */
const CONTEXT = 2048;
/** Where a model does not say how long its inputs may be. */
const UNKNOWN_CONTEXT = 512;

/** A graph that reads whole inputs, in a thread of its own, and what waits for it. */
export class EncoderClient {
  readonly framing: Framing;
  /** Tokens of an input at most. */
  readonly contextSize: number;
  /** Inputs of a run at most. */
  readonly lanes: number;
  /** Numbers of a vector, or logits of an input. */
  readonly width: number;
  /** The device that computes, in words. */
  readonly device: string;
  private readonly client: WorkerClient<EncoderInfo, EncoderCalls>;
  private readonly batches: InputBatches;

  /** @throws InferenceError model_failed, unsupported for a graph that is not known */
  static async start(folder: OnnxFolder, placement: Placement, options: LoadOptions): Promise<EncoderClient> {
    const framing = createFraming(folder.tokenizer);
    const data: EncoderData = {
      file: folder.modelFile,
      session: placement.session,
      wants: folder.task === 'embed' ? 'vectors' : 'logits',
      pooling: folder.pooling ?? 'mean',
      pooledOnly: folder.laterModules.length > 0,
      padId: folder.padId ?? 0,
      // Any token will do.
      sample: [...framing.before, folder.padId ?? 0, ...framing.after],
    };
    const client = new WorkerClient<EncoderInfo, EncoderCalls>(
      workerFile('./encoder-worker', import.meta.url),
      () => data,
      options.onLog,
    );
    try {
      const { width } = await client.info();
      return new EncoderClient(client, { folder, options, placement, framing, width });
    } catch (error) {
      await client.dispose();
      throw error;
    }
  }

  private constructor(
    client: WorkerClient<EncoderInfo, EncoderCalls>,
    parts: { folder: OnnxFolder; options: LoadOptions; placement: Placement; framing: Framing; width: number },
  ) {
    const { folder, options, placement, framing, width } = parts;
    this.client = client;
    this.framing = framing;
    this.width = width;
    this.device = placement.device;
    this.lanes = options.slots ?? ROWS;
    const trained = folder.maxTokens ?? options.contextSize ?? UNKNOWN_CONTEXT;
    this.contextSize = Math.min(trained, options.contextSize ?? CONTEXT);
    this.batches = new InputBatches(async (inputs) => {
      const turn = await placement.turns.take(placement.session.threads);
      try {
        const rows = await client.call('encode', batchOf(inputs));
        return inputs.map((_input, at) => rows.slice(at * width, (at + 1) * width));
      } finally {
        turn.release();
      }
    }, this.lanes);
  }

  /** Inputs that are being computed, and those that wait. */
  get load(): { busy: number; waiting: number } {
    return this.batches.load;
  }

  /** Resolves, with the reason, when its thread has died and no other could take its place. */
  get failed(): Promise<Error> {
    return this.client.broken;
  }

  /** What the graph gives for each input: a vector of length 1, or logits. @throws as `InputBatches.run` */
  encode(inputs: readonly WholeInput[], signal: AbortSignal, begun?: () => void): Promise<Float32Array[]> {
    return this.batches.run(inputs, signal, begun);
  }

  async dispose(): Promise<void> {
    await this.batches.close(new InferenceError('model_failed', 'The model is being unloaded.', { retryAfter: 5 }));
    await this.client.dispose();
  }
}

function batchOf(inputs: readonly WholeInput[]): EncoderBatch {
  const typed = inputs.some(({ types }) => types !== undefined);
  const lengths = inputs.map(({ tokens }) => tokens.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const ids = new Int32Array(total);
  const types = typed ? new Uint8Array(total) : undefined;
  let from = 0;
  for (const input of inputs) {
    ids.set(input.tokens, from);
    types?.set(input.types ?? [], from);
    from += input.tokens.length;
  }
  return { ids, types, lengths };
}
