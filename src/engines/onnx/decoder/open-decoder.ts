import { readFileSync, statSync } from 'node:fs';
import { InferenceError } from '../../../contract/errors.ts';
import { inWords } from '../thread/in-words.ts';
import { Session, type SessionOptions } from '../thread/session.ts';
import { withExactProducts } from './exact-products.ts';
import type { Sessions } from './forward.ts';
import { decoderGraph, type DecoderGraph } from './graph.ts';
import { keepLastLogits } from './last-logits.ts';

/** Larger files are not read to be changed: for a moment they would be in memory three times. */
const LARGEST = 2 ** 30;
/** The share of the free memory that a second copy of the weights may take. */
const PLENTY = 0.1;

/** A decoder's file, and how it is run. */
export interface DecoderFile {
  /** The .onnx file. */
  file: string;
  /** Bytes of its weights. */
  weightBytes: number;
  session: SessionOptions;
}

/**
 * Opens a decoder's sessions. Synchronous: it belongs into a worker thread.
 * @param free bytes of memory that are free before
 * @throws InferenceError model_failed in ONNX Runtime's words, unsupported for a graph that the loop does not know
 */
export function openDecoder(decoder: DecoderFile, free: number): { graph: DecoderGraph; sessions: Sessions } {
  const { file, session } = decoder;
  const load = <Result>(work: () => Result): Result => inWords(file, 'load', work);
  const bytes = load(() => (statSync(file).size <= LARGEST ? readFileSync(file) : undefined));
  const kept = load(() => bytes && keepLastLogits(bytes));
  const decode = load(() => new Session(file, session, kept));
  const graph = decoderGraph(decode);
  if (typeof graph === 'string') throw new InferenceError('unsupported', graph);
  const model = kept ?? bytes;
  const read = model && load(() => readingSession(decoder, model, graph, free));
  return { graph, sessions: { decode, read: read ?? decode } };
}

/**
 * A second session with the same weights that reads prompts faster, where memory is plenty for it: on a GPU, and with activations
 * of 16 bits, nothing would be won.
 */
function readingSession(
  { file, weightBytes, session }: DecoderFile,
  model: Uint8Array,
  { cacheType }: DecoderGraph,
  free: number,
): Session | undefined {
  if (weightBytes > free * PLENTY || cacheType !== 'float32' || session.providers[0] !== 'cpu') return undefined;
  const exact = withExactProducts(model);
  return exact && new Session(file, session, exact);
}
