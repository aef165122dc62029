import type { LocalModel } from '../../src/contract/local-model.ts';
import { loadModel } from '../../src/library/load-model.ts';
import type { EngineModel } from './engines.ts';
import { withTinyVectors } from './tiny-vectors.ts';

/** A model as `chat`; reuse is off, so that texts repeat. */
export async function loadChat({ path }: EngineModel): Promise<LocalModel> {
  return loadModel(path, { alias: 'chat', contextSize: 2048, device: 'cpu', threads: 1, prefixReuse: 'off' });
}

/** A tiny embedding model for the same engine as a model, as `vectors`. */
export function loadVectors({ format }: EngineModel): Promise<LocalModel> {
  return withTinyVectors(format, (path) => loadModel(path, { alias: 'vectors', device: 'cpu', threads: 1 }));
}
