import type { StepPlan } from '../../contract/tokens.ts';
import { neighbours } from '../neighbours.ts';
import { TILE, tilesPay, type ChunkShape } from './tiles.ts';

/** A token that is decoded only because a batch is faster with it, and forgotten at once. */
const FILLER = 0;

/** A filler attends to all that its slot holds: so many tokens cost about as much as one more row (docs/benchmarks.md). */
const CELLS_PER_ROW = 256;

/** What a slot adds to a native batch. */
export interface BatchEntry {
  slot: number;
  tokens: readonly number[];
  /** How many of the tokens stay; those behind them are fillers. */
  kept: number;
  /** Whether the last of those that stay is sampled from. */
  sample: boolean;
}

export interface NativeBatchLimits {
  contextSize: number;
  batchSize: number;
  /** Rows of idle slots between two busy ones that are worth decoding along. */
  affordableGap: number;
  /** What chunks cost here; undefined where padding does not pay or cannot be forgotten. */
  shape: ChunkShape | undefined;
}

type Entry = StepPlan[number];

/**
 * What llama.cpp decodes in one call each. The decoders in one batch, then each chunk in one of its own: llama.cpp cuts sequences
 * of different lengths into equal pieces, those of the shortest first, and pieces below a tile are slow. Chunks below a tile are
 * filled up where that is quicker, and those in neighbouring slots are read together.
 * @param length how many tokens a slot holds
 * @returns batches by ascending slots: llama.cpp puts only consecutive, ascending ids into one (llama_batch_allocr::split_equal)
 */
export function nativeBatches(
  plan: StepPlan,
  length: (slot: number) => number,
  limits: NativeBatchLimits,
): BatchEntry[][] {
  const { contextSize, batchSize, shape } = limits;
  const decoders = plan.filter(({ tokens }) => tokens.length === 1);
  const chunks = plan.filter(({ tokens }) => tokens.length > 1);
  const batches = decoders.length > 0 ? [withFillers(decoders, length, limits)] : [];
  const fits = ({ slot, tokens }: Entry): boolean =>
    tokens.length <= TILE && length(slot) + TILE <= contextSize && TILE <= batchSize;
  const most = Math.floor(batchSize / TILE);
  const joins = (chunk: Entry, before: Entry, run: StepPlan): boolean =>
    fits(before) && fits(chunk) && run.length < most;
  const pays = (together: StepPlan): boolean =>
    shape !== undefined &&
    together.every(fits) &&
    tilesPay(
      together.map(({ slot, tokens }) => ({ tokens: tokens.length, held: length(slot) })),
      shape,
    );
  for (const run of neighbours(chunks, joins)) {
    if (pays(run)) batches.push(run.map(filledUp));
    else for (const chunk of run) batches.push([pays([chunk]) ? filledUp(chunk) : whole(chunk)]);
  }
  return batches;
}

function whole(entry: Entry): BatchEntry {
  return { ...entry, kept: entry.tokens.length };
}

function filledUp(entry: Entry): BatchEntry {
  const { tokens } = entry;
  const padding = Array.from({ length: TILE - tokens.length }, () => FILLER);
  return { ...whole(entry), tokens: [...tokens, ...padding] };
}

/** With idle slots in affordable gaps between busy ones, where the batch and the slots themselves have room. */
function withFillers(
  decoders: StepPlan,
  length: (slot: number) => number,
  { contextSize, batchSize, affordableGap }: NativeBatchLimits,
): BatchEntry[] {
  const entries: BatchEntry[] = [];
  let room = batchSize - decoders.length;
  for (const decoder of decoders.toSorted((a, b) => a.slot - b.slot)) {
    const from = (entries.at(-1)?.slot ?? decoder.slot) + 1;
    const idle = Array.from({ length: Math.max(0, decoder.slot - from) }, (_, offset) => from + offset);
    const rows = idle.reduce((sum, slot) => sum + 1 + length(slot) / CELLS_PER_ROW, 0);
    if (rows <= affordableGap && idle.length <= room && idle.every((slot) => length(slot) < contextSize)) {
      entries.push(...idle.map((slot) => ({ slot, tokens: [FILLER], kept: 0, sample: false })));
      room -= idle.length;
    }
    entries.push(whole(decoder));
  }
  return entries;
}
