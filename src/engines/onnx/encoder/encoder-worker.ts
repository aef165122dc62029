import { workerData } from 'node:worker_threads';
import { InferenceError } from '../../../contract/errors.ts';
import { encoderGraph } from './encoder-graph.ts';
import { Encoder, type EncoderBatch } from './encoder.ts';
import type { Pooling } from '../folder/pooling.ts';
import { inWords } from '../thread/in-words.ts';
import { Session, type SessionOptions } from '../thread/session.ts';
import { answerCalls } from '../thread/worker-calls.ts';

/** What the thread of a model that reads whole inputs is given. */
export interface EncoderData {
  /** The .onnx file. */
  file: string;
  session: SessionOptions;
  wants: 'vectors' | 'logits';
  pooling: Pooling;
  /** Whether the vectors are right only where the graph pools them itself (sentence-transformers' `Dense`). */
  pooledOnly: boolean;
  padId: number;
  /** An input of the right form, to see what comes out. */
  sample: readonly number[];
}

/** What it tells of itself. */
export interface EncoderInfo {
  /** Numbers of a vector, or logits of an input. */
  width: number;
}

export type EncoderCalls = ReturnType<typeof calls>;

async function prepare(): Promise<{ info: EncoderInfo; calls: EncoderCalls }> {
  const { file, session: options, wants, pooling, pooledOnly, padId, sample } = workerData as EncoderData;
  const session = inWords(file, 'load', () => new Session(file, options));
  const graph = encoderGraph(session, wants);
  if (typeof graph === 'string') throw new InferenceError('unsupported', `${file} cannot be served: ${graph}`);
  if (pooledOnly && graph.output.kind !== 'pooled') {
    const message = `${file} cannot be served: the model changes its vectors after the pooling, and the graph does not give sentence_embedding; export it with sentence-transformers.`;
    throw new InferenceError('unsupported', message);
  }
  const encoder = new Encoder(session, { graph, pooling, padId });
  const batch = { ids: Int32Array.from(sample), types: undefined, lengths: [sample.length] };
  const { length: width } = inWords(file, 'run', () => encoder.encode(batch));
  return { info: { width }, calls: calls(encoder) };
}

function calls(encoder: Encoder) {
  return { encode: (batch: EncoderBatch) => encoder.encode(batch) };
}

void answerCalls(prepare);
