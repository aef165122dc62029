import type { LlamaModel } from 'node-llama-cpp';
import { addonModel } from './addon.ts';

/**
 * Bytes that the loaded weights take, in all buffers (`bytes`), and those that are still read from the mapped file
 * (`mapped`). Weights that the CPU wants in another order, or that went to a GPU, were copied out of the file: its pages
 * stay mapped but nobody reads them again.
 */
export function weightsOf(model: LlamaModel): { bytes: number; mapped: number } {
  const { cpuRam, gpuVram } = addonModel(model).getMemoryBreakdown();
  const bytes = cpuRam + gpuVram;
  // The mapping counts whole, so what the buffers hold beyond the file are copies.
  return { bytes, mapped: Math.max(0, model.size - Math.max(0, bytes - model.size)) };
}
