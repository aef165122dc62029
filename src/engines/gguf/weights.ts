import type { LlamaModel } from 'node-llama-cpp';

interface Native {
  _model?: { getMemoryBreakdown?(): { cpuRam: number; gpuVram: number } };
}

/**
 * Bytes that the loaded weights take, in all buffers (`bytes`), and those that are still read from the mapped file
 * (`mapped`). Weights that the CPU wants in another order, or that went to a GPU, were copied out of the file: its pages
 * stay mapped but nobody reads them again.
 */
export function weightsOf(model: LlamaModel): { bytes: number; mapped: number } {
  const buffers = (model as unknown as Native)._model?.getMemoryBreakdown?.();
  const bytes = buffers === undefined ? model.size : buffers.cpuRam + buffers.gpuVram;
  // The mapping counts whole, so what the buffers hold beyond the file are copies.
  return { bytes, mapped: Math.max(0, model.size - Math.max(0, bytes - model.size)) };
}
