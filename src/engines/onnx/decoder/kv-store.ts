import type { DecoderGraph, CachePort } from './graph.ts';
import type { Tensor } from '../thread/session.ts';

type Floats = Float32Array | Uint16Array;

/**
 * Keys and values of all slots: for each cache one array [slots, heads, capacity, width], so that neighbouring slots are
 * rows of one tensor. A slot's tokens are the first of its row. Memory that no token has touched is not taken from the machine.
 */
export class KvStore {
  readonly slots: number;
  /** Tokens that a slot holds at most. */
  readonly capacity: number;
  /** Tokens that each slot holds. */
  readonly lengths: number[];
  private readonly graph: DecoderGraph;
  private readonly arrays: readonly { port: CachePort; data: Floats }[];

  constructor(graph: DecoderGraph, slots: number, capacity: number) {
    this.graph = graph;
    this.slots = slots;
    this.capacity = capacity;
    this.lengths = Array.from({ length: slots }, () => 0);
    this.arrays = graph.caches.map((port) => ({
      port,
      data: floats(graph.cacheType, slots * port.heads * capacity * port.width),
    }));
  }

  /** The rows of neighbouring slots as tensors in this memory, by the input's and the output's name. */
  rows(first: number, count: number): { past: Record<string, Tensor>; present: Record<string, Tensor> } {
    const past: Record<string, Tensor> = {};
    const present: Record<string, Tensor> = {};
    for (const { port, data } of this.arrays) {
      const row = port.heads * this.capacity * port.width;
      const tensor: Tensor = {
        type: this.graph.cacheType,
        data: data.subarray(first * row, (first + count) * row),
        dims: [count, port.heads, this.capacity, port.width],
      };
      past[port.past] = tensor;
      present[port.present] = tensor;
    }
    return { past, present };
  }

  /**
   * Copies of slots' tokens, each at the end of its row.
   * @param length tokens of a row, at least those of the longest slot
   * @returns tensors [slots, heads, length, width] by the input's name
   */
  gather(slots: readonly number[], length: number): Record<string, Tensor> {
    const past: Record<string, Tensor> = {};
    for (const { port, data } of this.arrays) {
      const { heads, width } = port;
      const copy = floats(this.graph.cacheType, slots.length * heads * length * width);
      slots.forEach((slot, row) => {
        const held = this.length(slot);
        for (let head = 0; head < heads; head += 1) {
          const from = (slot * heads + head) * this.capacity * width;
          const to = ((row * heads + head) * length + length - held) * width;
          copy.set(data.subarray(from, from + held * width), to);
        }
      });
      past[port.past] = { type: this.graph.cacheType, data: copy, dims: [slots.length, heads, length, width] };
    }
    return past;
  }

  /** Tensors [rows, heads, length, width] for a run to write into, by the output's name. */
  blank(rows: number, length: number): Record<string, Tensor> {
    return Object.fromEntries(
      this.graph.caches.map(({ present, heads, width }) => {
        const data = floats(this.graph.cacheType, rows * heads * length * width);
        return [present, { type: this.graph.cacheType, data, dims: [rows, heads, length, width] }];
      }),
    );
  }

  /** Appends the last `count` tokens of each row of `present` to the slots. */
  append(slots: readonly number[], present: Readonly<Record<string, Tensor>>, count: number): void {
    for (const { port, data } of this.arrays) {
      const { heads, width } = port;
      const tensor = present[port.present];
      if (!tensor) throw new RangeError(`the run gave no ${port.present}`);
      const made = tensor.data as Floats;
      const length = tensor.dims[2] ?? 0;
      slots.forEach((slot, row) => {
        for (let head = 0; head < heads; head += 1) {
          const from = ((row * heads + head) * length + length - count) * width;
          const to = ((slot * heads + head) * this.capacity + this.length(slot)) * width;
          data.set(made.subarray(from, from + count * width), to);
        }
      });
    }
    for (const slot of slots) this.lengths[slot] = this.length(slot) + count;
  }

  /** Makes a slot hold the first tokens of another. */
  copy(from: number, to: number, length: number): void {
    for (const { port, data } of this.arrays) {
      const { heads, width } = port;
      for (let head = 0; head < heads; head += 1) {
        const source = (from * heads + head) * this.capacity * width;
        data.copyWithin((to * heads + head) * this.capacity * width, source, source + length * width);
      }
    }
    this.lengths[to] = length;
  }

  /** Where a slot's tokens lie, one piece after another in a fixed order: its first `length` tokens as bytes. */
  *pieces(slot: number, length: number): Generator<Uint8Array, void, void> {
    for (const { port, data } of this.arrays) {
      const { heads, width } = port;
      for (let head = 0; head < heads; head += 1) {
        const start = (slot * heads + head) * this.capacity * width;
        const { byteOffset, byteLength } = data.subarray(start, start + length * width);
        yield new Uint8Array(data.buffer, byteOffset, byteLength);
      }
    }
  }

  length(slot: number): number {
    return this.lengths[slot] ?? 0;
  }
}

/** Half floats as their bits. */
function floats(type: 'float32' | 'float16', length: number): Floats {
  return type === 'float16' ? new Uint16Array(length) : new Float32Array(length);
}
