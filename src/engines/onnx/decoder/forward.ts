import type { DecoderGraph } from './graph.ts';
import { fromHalfFloats } from '../thread/half-float.ts';
import { KEPT } from './last-logits.ts';
import type { KvStore } from './kv-store.ts';
import type { Session, Tensor, Tensors } from '../thread/session.ts';

/** How the rows of a batch lie in their tensors. */
export type Padding = 'right' | 'left' | 'alone';

/** A decoder with its slots: appends tokens to them, and gives logits. Synchronous. */
export interface Forward {
  /**
   * Appends a token to each slot.
   * @returns what may follow, one array of logits for each, in their order; good until the next run
   */
  decode(entries: readonly { slot: number; token: number }[], session?: keyof Sessions): Float32Array[];
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

/**
 * Fused attention (GroupQueryAttention) reads and writes the slots where they lie: rows begin at their first token, so those of
 * different lengths are padded on the right, and the mask tells how long each is. Neighbouring slots are one batch.
 */
export class InPlaceForward implements Forward {
  private readonly parts: Parts;
  private readonly logits: LogitRows;

  constructor(parts: Parts) {
    this.parts = parts;
    this.logits = new LogitRows(parts.graph, parts.store.slots);
  }

  decode(entries: readonly { slot: number; token: number }[], session: keyof Sessions = 'decode'): Float32Array[] {
    const { sessions, store } = this.parts;
    const rows = new Map<number, Float32Array>();
    const sorted = entries.toSorted((a, b) => a.slot - b.slot);
    for (const run of neighbours(sorted)) {
      const slots = run.map(({ slot }) => slot);
      const { tensor, row } = this.logits.of(run.length, rows.size);
      this.run(
        sessions[session],
        slots,
        run.map(({ token }) => [token]),
        { logits: tensor },
      );
      slots.forEach((slot, at) => rows.set(slot, row(at)));
      for (const slot of slots) store.lengths[slot] = store.length(slot) + 1;
    }
    return entries.map(({ slot }) => rows.get(slot) ?? new Float32Array());
  }

  read(slot: number, tokens: readonly number[], last: boolean): Float32Array | undefined {
    const { store } = this.parts;
    const { tensor, row } = this.logits.of(1, 0);
    this.run(this.parts.sessions.read, [slot], [tokens], last ? { logits: tensor } : {});
    store.lengths[slot] = store.length(slot) + tokens.length;
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
    const count = tokens[0]?.length ?? 0;
    const { past, present } = store.rows(slots[0] ?? 0, slots.length);
    // Without logits the keys and values alone are asked for.
    session.run(
      { ...inputs(graph, tokens, held, Math.max(...held) + count, 'right'), ...past },
      { ...wanted, ...present },
    );
  }
}

/**
 * Attention that is not fused makes a new, longer cache in every run. Rows of different lengths are padded on the left, which
 * positions make right; where that does not hold either, each runs alone.
 */
export class GatheredForward implements Forward {
  private readonly parts: Parts;
  private readonly together: boolean;
  private readonly logits: LogitRows;

  constructor(parts: Parts, together: boolean) {
    this.parts = parts;
    this.together = together;
    this.logits = new LogitRows(parts.graph, parts.store.slots);
  }

  decode(entries: readonly { slot: number; token: number }[], session: keyof Sessions = 'decode'): Float32Array[] {
    const rows: Float32Array[] = [];
    for (const run of this.together ? [entries] : entries.map((entry) => [entry])) {
      const { tensor, row } = this.logits.of(run.length, rows.length);
      this.run(
        this.parts.sessions[session],
        run.map(({ slot }) => slot),
        run.map(({ token }) => [token]),
        { logits: tensor },
      );
      rows.push(...run.map((_, at) => row(at)));
    }
    return rows;
  }

  read(slot: number, tokens: readonly number[], last: boolean): Float32Array | undefined {
    const { tensor, row } = this.logits.of(1, 0);
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
    const present = store.blank(slots.length, longest + count);
    const past = store.gather(slots, longest);
    session.run({ ...inputs(graph, tokens, held, longest + count, 'left'), ...past }, { ...wanted, ...present });
    store.append(slots, present, count);
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

/** Runs of entries whose slots follow each other. */
function neighbours<T extends { slot: number }>(entries: readonly T[]): T[][] {
  const runs: T[][] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last && (last.at(-1)?.slot ?? -2) + 1 === entry.slot) last.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
