import type { StepPlan } from '../../contract/tokens.ts';
import { neighbours } from '../neighbours.ts';
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
  const chunks = plan.filter(({ tokens }) => tokens.length > 1);
  const fits = ({ slot, tokens }: StepPlan[number]): boolean =>
    tokens.length <= TILE && length(slot) + TILE <= contextSize && TILE <= batchSize;
  const most = Math.floor(batchSize / TILE);
  const joins = (chunk: StepPlan[number], before: StepPlan[number], run: StepPlan): boolean =>
    fits(before) && fits(chunk) && run.length < most;
  for (const entries of neighbours(chunks, joins)) {
    const pays = (together: StepPlan): boolean =>
      shape !== undefined &&
      together.every(fits) &&
      tilesPay(
        together.map(({ slot, tokens }) => ({ tokens: tokens.length, held: length(slot) })),
        shape,
      );
    if (pays(entries)) batches.push({ entries, padTo: TILE });
    else for (const entry of entries) batches.push({ entries: [entry], padTo: pays([entry]) ? TILE : 0 });
  }
  return batches;
}
