import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GeneratorEngine, LoadOptions } from '../../src/engines/index.ts';
import { loadGenerator } from './load-model.ts';

/** The random-weight fixture; see test/fixtures/README.md. */
export const tinyPath = fileURLToPath(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));

const golden: unknown = JSON.parse(
  readFileSync(new URL('../fixtures/tiny-random-llama.json', import.meta.url), 'utf8'),
);

/** A prompt of the fixture and the tokens that greedy decoding yields, computed elsewhere. */
export const tinyGolden = golden as { text: string; prompt: number[]; greedy: number[] };

/** Loads the fixture on the CPU. */
export function loadTiny(options: Partial<LoadOptions> = {}): Promise<GeneratorEngine> {
  return loadGenerator({ path: tinyPath, format: 'gguf', contextSize: 256, slots: 4, ...options });
}
