import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineModel } from './engines.ts';
import { tinyBertFolder } from './tiny-bert-onnx.ts';
import { writeTinyBert } from './tiny-bert.ts';

/** Numbers in the vectors of the tiny embedding models; they mean nothing, but have to arrive. */
export const tinyDimensions: Record<EngineModel['format'], number> = { gguf: 32, onnx: 16 };

/** Has something done with a tiny embedding model's file or folder, which may be gone afterwards. */
export async function withTinyVectors<T>(format: EngineModel['format'], use: (path: string) => Promise<T>): Promise<T> {
  if (format === 'onnx') return use(tinyBertFolder('embed'));
  const folder = await mkdtemp(join(tmpdir(), 'hearth-vectors-'));
  try {
    const path = join(folder, 'tiny.gguf');
    writeTinyBert(path, 'mean');
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
