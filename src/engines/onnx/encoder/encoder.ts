import type { EncoderGraph, TokenInput } from './encoder-graph.ts';
import { fromHalfFloats } from '../thread/half-float.ts';
import type { Pooling } from '../folder/pooling.ts';
import type { Port, Session, Tensor } from '../thread/session.ts';

/** Inputs on their way to the thread: the tokens of all, one input behind the other. */
export interface EncoderBatch {
  ids: Int32Array;
  /** As long as `ids`; undefined where all are 0. */
  types: Uint8Array | undefined;
  /** How many tokens each input has, at least one. */
  lengths: readonly number[];
}

export interface EncoderOptions {
  graph: EncoderGraph;
  /** How one vector is made of the tokens' where the graph has not done it. */
  pooling: Pooling;
  /** What stands behind the end of shorter inputs; models that look for their last token find it by this. */
  padId: number;
}

/** Runs a graph on whole inputs, several at once. Belongs into a worker thread. */
export class Encoder {
  private readonly session: Pick<Session, 'compute'>;
  private readonly options: EncoderOptions;

  constructor(session: Pick<Session, 'compute'>, options: EncoderOptions) {
    this.session = session;
    this.options = options;
  }

  /**
   * Computes inputs in one run; shorter ones are padded at their end.
   * @returns a row for each input, all of the same width, one behind the other: a vector of length 1, or logits
   * @throws Error in ONNX Runtime's words, or where what comes out are no numbers
   */
  encode(batch: EncoderBatch): Float32Array {
    const { graph, pooling } = this.options;
    const { name, kind } = graph.output;
    const output = this.session.compute(this.feeds(batch), [name])[name];
    if (output === undefined) throw new Error(`The graph gave no ${name}.`);
    const values = floatsOf(output);
    const width = output.dims.at(-1) ?? 0;
    const rows = kind === 'tokens' ? pooled(values, batch.lengths, width, pooling) : values;
    // Half floats overflow in models that were not made for them.
    if (!rows.every(Number.isFinite)) throw new Error(`The graph's ${name} are no numbers.`);
    return kind === 'logits' ? rows : normalized(rows, width);
  }

  private feeds(batch: EncoderBatch): Record<string, Tensor> {
    const { graph, padId } = this.options;
    const rows = batch.lengths.length;
    const longest = Math.max(...batch.lengths);
    const dims = [rows, longest];
    const feeds: Record<string, Tensor> = {};
    for (const name of graph.perToken) {
      const data = new BigInt64Array(rows * longest);
      // The low halves of little-endian 64-bit integers: BigInts would have to be made one by one.
      const low = new Int32Array(data.buffer);
      let from = 0;
      for (const [row, length] of batch.lengths.entries()) {
        fill(name, low, { row: row * longest, length, longest, from, batch, padId });
        from += length;
      }
      feeds[name] = { type: 'int64', data, dims };
    }
    if (graph.keptLogits !== undefined) feeds[graph.keptLogits.name] = one(graph.keptLogits);
    for (const port of graph.past) feeds[port.name] = emptyPast(port, rows);
    return feeds;
  }
}

interface Row {
  /** Where the row begins, in elements. */
  row: number;
  length: number;
  longest: number;
  /** Where its tokens begin in the batch. */
  from: number;
  batch: EncoderBatch;
  padId: number;
}

function fill(name: TokenInput, low: Int32Array, { row, length, longest, from, batch, padId }: Row): void {
  const { ids, types } = batch;
  for (let at = 0; at < length; at += 1)
    low[2 * (row + at)] = valueOf(name, at, ids[from + at] ?? 0, types?.[from + at]);
  if (name !== 'input_ids') return;
  for (let at = length; at < longest; at += 1) low[2 * (row + at)] = padId;
}

function valueOf(name: TokenInput, position: number, id: number, type = 0): number {
  if (name === 'input_ids') return id;
  if (name === 'attention_mask') return 1;
  return name === 'token_type_ids' ? type : position;
}

/** A number for the whole run. */
function one({ shape }: Port): Tensor {
  return { type: 'int64', data: BigInt64Array.of(1n), dims: shape.map(() => 1) };
}

/** [rows, heads, 0, size of a head] */
function emptyPast({ type, shape }: Port, rows: number): Tensor {
  const dims = shape.map((size, axis) => (axis === 0 ? rows : axis === 2 ? 0 : Number(size)));
  return type === 'float16'
    ? { type, data: new Uint16Array(0), dims }
    : { type: 'float32', data: new Float32Array(0), dims };
}

function floatsOf({ data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return fromHalfFloats(data);
  throw new Error('The graph gives integers where it has to give floats.');
}

/** One vector a row of [rows, longest, width]; what stands behind a row's end does not count. */
function pooled(tokens: Float32Array, lengths: readonly number[], width: number, pooling: Pooling): Float32Array {
  const vectors = new Float32Array(lengths.length * width);
  const longest = tokens.length / (lengths.length * width);
  for (const [row, length] of lengths.entries()) {
    const vector = vectors.subarray(row * width, (row + 1) * width);
    const first = row * longest;
    if (pooling === 'mean') {
      // The sum: the vector's length is set later.
      for (let token = first; token < first + length; token += 1) {
        for (let at = 0; at < width; at += 1) vector[at] = (vector[at] ?? 0) + (tokens[token * width + at] ?? 0);
      }
    } else {
      const token = pooling === 'cls' ? first : first + length - 1;
      vector.set(tokens.subarray(token * width, (token + 1) * width));
    }
  }
  return vectors;
}

/** Makes every row of length 1; a row of zeros stays. */
function normalized(vectors: Float32Array, width: number): Float32Array {
  for (let from = 0; from < vectors.length; from += width) {
    let squares = 0;
    for (let at = from; at < from + width; at += 1) squares += (vectors[at] ?? 0) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let at = from; at < from + width; at += 1) vectors[at] = (vectors[at] ?? 0) * scale;
  }
  return vectors;
}
