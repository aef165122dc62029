import type { Engine, LoadOptions } from './engine.ts';

export type { Engine, GeneratorEngine, LoadOptions } from './engine.ts';

/**
 * Loads a model with the engine for its file format; each engine is imported when it is first needed.
 * @throws InferenceError model_failed, insufficient_memory, invalid_request, unsupported
 */
export async function loadEngine(options: LoadOptions): Promise<Engine> {
  if (options.format === 'onnx') {
    const { loadOnnx } = await import('./onnx/load.ts');
    return loadOnnx(options);
  }
  const { loadGguf } = await import('./gguf/load.ts');
  return loadGguf(options);
}
