import type { StepPlan } from '../../contract/tokens.ts';
import { TILE, tilesPay, type ChunkShape } from './tiles.ts';

/** What llama.cpp decodes in one call. */
export interface NativeBatch {
  entries: StepPlan;
  /** Tokens that each entry is filled up to with such as are forgotten at once; 0 where none is. */
  padTo: number;
}

export interface NativeBatchLimits {
  contextSize: number;
  batchSize: number;
  /** What chunks cost here; undefined where padding does not pay or cannot be forgotten. */
  shape: ChunkShape | undefined;
}

/**
 * The decoders in one batch, then each chunk in one of its own: llama.cpp cuts sequences of different lengths into equal pieces,
 * those of the shortest first, and pieces below a tile are slow. Chunks below a tile are filled up where that is quicker, and
 * those in neighbouring slots are read together.
 * @param length how many tokens a slot holds
 */
export function nativeBatches(
  plan: StepPlan,
  length: (slot: number) => number,
  { contextSize, batchSize, shape }: NativeBatchLimits,
): NativeBatch[] {
  const decoders = plan.filter(({ tokens }) => tokens.length === 1);
  const batches = decoders.length > 0 ? [{ entries: decoders, padTo: 0 }] : [];
  const fits = ({ slot, tokens }: StepPlan[number]): boolean =>
    tokens.length <= TILE && length(slot) + TILE <= contextSize && TILE <= batchSize;
  for (const entries of neighbours(
    plan.filter(({ tokens }) => tokens.length > 1),
    fits,
    Math.floor(batchSize / TILE),
  )) {
    const pays = (chunks: StepPlan): boolean =>
      shape !== undefined &&
      chunks.every(fits) &&
      tilesPay(
        chunks.map(({ slot, tokens }) => ({ tokens: tokens.length, held: length(slot) })),
        shape,
      );
    if (pays(entries)) batches.push({ entries, padTo: TILE });
    else for (const entry of entries) batches.push({ entries: [entry], padTo: pays([entry]) ? TILE : 0 });
  }
  return batches;
}

/** Runs of at most so many chunks that could be read together: in consecutive slots, each within a tile. */
function neighbours(chunks: StepPlan, fits: (chunk: StepPlan[number]) => boolean, most: number): StepPlan[number][][] {
  const runs: StepPlan[number][][] = [];
  for (const chunk of chunks.toSorted((a, b) => a.slot - b.slot)) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const joins = before?.slot === chunk.slot - 1 && fits(before) && fits(chunk);
    if (run && joins && run.length < most) run.push(chunk);
    else runs.push([chunk]);
  }
  return runs;
}
