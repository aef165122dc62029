import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalModel } from '../../src/contract/local-model.ts';
import { loadModel } from '../../src/library/load-model.ts';
import { writeTinyBert } from './tiny-bert.ts';

/** The embedded model as `chat`, alone or with a tiny embedding model as `vectors`; reuse is off, so that texts repeat. */
export async function loadChat(): Promise<LocalModel> {
  return loadModel(undefined, { alias: 'chat', contextSize: 2048, device: 'cpu', threads: 1, prefixReuse: 'off' });
}

/** A tiny embedding model; its vectors mean nothing. */
export async function loadVectors(): Promise<LocalModel> {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-vectors-'));
  try {
    const path = join(folder, 'tiny.gguf');
    writeTinyBert(path, 'mean');
    return await loadModel(path, { alias: 'vectors', device: 'cpu', threads: 1 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
