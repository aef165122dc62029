import type { DecoderGraph } from './graph.ts';
import { fromHalfFloats } from '../thread/half-float.ts';
import { KEPT } from './last-logits.ts';
import type { Entry, Layout } from './layout.ts';
import type { KvStore } from './kv-store.ts';
import type { Session, Tensor, Tensors } from '../thread/session.ts';

/** A decoder with its slots: appends tokens to them, and gives logits. Synchronous. */
export interface Forward {
  /**
   * Appends a token to each slot.
   * @returns what may follow, one array of logits for each, in their order; good until the next run
   */
  decode(entries: readonly Entry[], session?: keyof Sessions): Float32Array[];
  /**
   * Appends tokens to a slot.
   * @param last whether the logits after the last one are wanted: where the graph would compute those of all, one less is to be
   * read and the last one to be decoded
   */
  read(slot: number, tokens: readonly number[], last: boolean): Float32Array | undefined;
}

/** The sessions of a decoder; they may be the same. */
export interface Sessions {
  /** For chunks of prompts. */
  read: Session;
  /** For the tokens that rows go on with. */
  decode: Session;
}

interface Parts {
  sessions: Sessions;
  graph: DecoderGraph;
  store: KvStore;
}

/** Runs of a decoder over its slots; the layout says how the slots lie in a run's tensors. */
export class SlotForward implements Forward {
  private readonly parts: Parts;
  private readonly layout: Layout;
  private readonly logits: LogitRows;

  constructor(parts: Parts, layout: Layout) {
    this.parts = parts;
    this.layout = layout;
    this.logits = new LogitRows(parts.graph, parts.store.slots);
  }

  decode(entries: readonly Entry[], session: keyof Sessions = 'decode'): Float32Array[] {
    const rows = new Map<number, Float32Array>();
    for (const run of this.layout.runs(entries)) {
      const { tensor, row } = this.logits.of(run.length, rows.size);
      this.run(
        this.parts.sessions[session],
        run.map(({ slot }) => slot),
        run.map(({ token }) => [token]),
        { logits: tensor },
      );
      run.forEach(({ slot }, at) => rows.set(slot, row(at)));
    }
    return entries.map(({ slot }) => rows.get(slot) ?? new Float32Array());
  }

  read(slot: number, tokens: readonly number[], last: boolean): Float32Array | undefined {
    const { tensor, row } = this.logits.of(1, 0);
    // Without logits the keys and values alone are asked for.
    this.run(this.parts.sessions.read, [slot], [tokens], last ? { logits: tensor } : {});
    return last ? row(0) : undefined;
  }

  private run(
    session: Session,
    slots: readonly number[],
    tokens: readonly (readonly number[])[],
    wanted: Tensors,
  ): void {
    const { graph, store } = this.parts;
    const held = slots.map((slot) => store.length(slot));
    const longest = Math.max(...held);
    const count = tokens[0]?.length ?? 0;
    const { past, present, keep } = this.layout.caches(store, slots, longest, count);
    const feeds = inputs(graph, tokens, held, longest + count, this.layout.padding);
    session.run({ ...feeds, ...past }, { ...wanted, ...present });
    keep();
  }
}

/** Memory for a logit of each token of the vocabulary, for each row; kept, because it is megabytes. */
class LogitRows {
  private readonly graph: DecoderGraph;
  private readonly data: Float32Array | Uint16Array;

  constructor(graph: DecoderGraph, rows: number) {
    this.graph = graph;
    const size = rows * graph.vocabularySize;
    this.data = graph.logitsType === 'float16' ? new Uint16Array(size) : new Float32Array(size);
  }

  /** Memory for `count` rows from row `first` on, and how to look at each when it is written. */
  of(count: number, first: number): { tensor: Tensor; row: (at: number) => Float32Array } {
    const { vocabularySize: size, logitsType: type } = this.graph;
    const data = this.data.subarray(first * size, (first + count) * size);
    const row = (at: number): Float32Array => {
      const part = data.subarray(at * size, (at + 1) * size);
      return part instanceof Float32Array ? part : fromHalfFloats(part);
    };
    return { tensor: { type, data, dims: [count, 1, size] }, row };
  }
}

/** Everything that a graph asks for but its cache: row i has held[i] tokens before the new ones, of `total` in the mask. */
function inputs(
  graph: DecoderGraph,
  tokens: readonly (readonly number[])[],
  held: readonly number[],
  total: number,
  padding: 'right' | 'left',
): Record<string, Tensor> {
  const rows = tokens.length;
  const count = tokens[0]?.length ?? 0;
  const mask = new BigInt64Array(rows * total);
  const positions = new BigInt64Array(rows * count);
  const ids = new BigInt64Array(rows * count);
  for (let row = 0; row < rows; row += 1) {
    const before = held[row] ?? 0;
    const start = padding === 'right' ? 0 : total - count - before;
    mask.fill(1n, row * total + start, row * total + start + before + count);
    for (let at = 0; at < count; at += 1) {
      ids[row * count + at] = BigInt(tokens[row]?.[at] ?? 0);
      positions[row * count + at] = BigInt(before + at);
    }
  }
  return {
    input_ids: { type: 'int64', data: ids, dims: [rows, count] },
    attention_mask: { type: 'int64', data: mask, dims: [rows, total] },
    ...(graph.positions && { position_ids: { type: 'int64', data: positions, dims: [rows, count] } }),
    ...(graph.keptLogits && { [KEPT]: { type: 'int64', data: BigInt64Array.of(1n), dims: graph.keptLogits } }),
    ...(graph.cacheBranch && { use_cache_branch: { type: 'bool', data: Uint8Array.of(1), dims: [1] } }),
  };
}
