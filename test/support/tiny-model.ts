import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { loadEngine, type GeneratorEngine, type LoadOptions } from '../../src/engines/index.ts';

/** The random-weight fixture; see test/fixtures/README.md. */
export const tinyPath = fileURLToPath(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));

const golden: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/tiny-random-llama.json', import.meta.url), 'utf8'),
);

/** A prompt of the fixture and the tokens that greedy decoding yields, computed elsewhere. */
export const tinyGolden = golden as { text: string; prompt: number[]; greedy: number[] };

/** Loads a model that generates. @throws Error where the file holds another */
export async function loadGenerator(options: LoadOptions): Promise<GeneratorEngine> {
  const engine = await loadEngine(options);
  if (engine.task !== 'generate') throw new Error(`${options.path} does not generate`);
  return engine;
}

/** Options for the fixture on the CPU. */
export function tinyOptions(): LoadOptions {
  return {
    path: tinyPath,
    format: 'gguf',
    device: 'cpu',
    dtype: undefined,
    contextSize: 256,
    slots: 4,
    threads: undefined,
    batchSize: undefined,
    gpuLayers: 'auto',
    scratchFolder: tmpdir(),
    kvCacheType: 'f16',
    flashAttention: 'auto',
  };
}

/** Loads the fixture. */
export function loadTiny(options: Partial<LoadOptions> = {}): Promise<GeneratorEngine> {
  return loadGenerator({ ...tinyOptions(), ...options });
}
