import { tmpdir } from 'node:os';
import { loadEngine, type GeneratorEngine, type LoadOptions } from '../../src/engines/index.ts';

/** What a test has to say about a model; the rest is as an engine takes it by itself. */
export type GivenOptions = Pick<LoadOptions, 'path' | 'format'> & Partial<LoadOptions>;

/** Options to load a model on the CPU. */
export function cpuOptions(given: GivenOptions): LoadOptions {
  return {
    device: 'cpu',
    dtype: undefined,
    contextSize: undefined,
    slots: undefined,
    threads: undefined,
    batchSize: undefined,
    gpuLayers: 'auto',
    scratchFolder: tmpdir(),
    kvCacheType: 'f16',
    flashAttention: 'auto',
    ...given,
  };
}

/** Loads a model that generates, on the CPU. @throws Error where the file holds another */
export async function loadGenerator(given: GivenOptions): Promise<GeneratorEngine> {
  const engine = await loadEngine(cpuOptions(given));
  if (engine.task !== 'generate') throw new Error(`${given.path} does not generate`);
  return engine;
}
