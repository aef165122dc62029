import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddonContext } from './addon.ts';
import type { HandoverCosts } from './handover.ts';

const TOKENS = 8;
const ROUNDS = 3;
/** Saving and loading a state in a file that lies in memory, both together (11.5 MB took 6.3 to 8.1 ms). */
const MS_PER_BYTE = 0.6 / 2 ** 20;

/**
 * Measures what handing a prefix from one slot to another costs, on the empty slots 0 and 1; leaves them empty.
 * @param slots of the context; with a single one there is nothing to copy to
 * @param forgets whether the model can forget a tail; one that cannot has little use for another's prefix
 * @param folder where the transfer file goes
 */
export async function measureHandover(
  context: AddonContext,
  slots: number,
  forgets: boolean,
  folder: string,
): Promise<HandoverCosts> {
  if (!forgets) return { nativeMs: Infinity, fileMs: Infinity, fileMsPerToken: 0 };
  const to = slots > 1 ? 1 : 0;
  const file = join(folder, 'measure.state');
  for (let position = 0; position < TOKENS; position += 1) await decode(context, 0, position);
  const began = performance.now();
  await context.saveSequenceStateToFile(file, 0, new Uint32Array(TOKENS));
  await context.loadSequenceStateFromFile(file, to, TOKENS);
  const fileMs = performance.now() - began;
  const { size } = await stat(file);
  await rm(file);
  const nativeMs = slots > 1 ? await measureNative(context) : Infinity;
  for (const slot of [0, to]) context.disposeSequence(slot);
  return { nativeMs, fileMs, fileMsPerToken: (size / TOKENS) * MS_PER_BYTE };
}

/** What a copy adds to a step. */
async function measureNative(context: AddonContext): Promise<number> {
  const plain: number[] = [];
  const copying: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(await decode(context, 0, TOKENS + 2 * round));
    await context.copySequenceStateFromOtherSequence(1, 0);
    copying.push(await decode(context, 0, TOKENS + 2 * round + 1));
  }
  return Math.max(0, Math.min(...copying) - Math.min(...plain));
}

/** Decodes one token: the smallest batch size allows no more. @returns milliseconds */
async function decode(context: AddonContext, slot: number, position: number): Promise<number> {
  const began = performance.now();
  context.initBatch(1);
  context.addToBatch(slot, position, Uint32Array.of(0), new Uint32Array());
  await context.decodeBatch();
  return performance.now() - began;
}
