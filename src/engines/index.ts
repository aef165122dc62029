import type { Engine, LoadOptions } from './engine.ts';
import type { Inspection, InspectOptions } from './inspection.ts';

export type { Engine, GeneratorEngine, LoadOptions } from './engine.ts';
export { budgetOf, type Inspection, type InspectOptions } from './inspection.ts';
export { freeMemory } from './free-memory.ts';

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

/**
 * Looks at a model's files without loading it.
 * @throws InferenceError model_failed, unsupported, invalid_request (device, dtype)
 */
export async function inspectModel(options: InspectOptions): Promise<Inspection> {
  if (options.format === 'onnx') {
    const { inspectOnnx } = await import('./onnx/inspect.ts');
    return inspectOnnx(options);
  }
  const { inspectGguf } = await import('./gguf/inspect.ts');
  return inspectGguf(options);
}
