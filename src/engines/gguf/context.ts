import { freemem } from 'node:os';
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import { inBytes, type ContextMemory, type KvCacheType } from '../../contract/memory.ts';
import type { LoadOptions } from '../engine.ts';
import { freeMemory, type FreeMemory } from '../free-memory.ts';
import { checkAdapters } from './adapters.ts';
import { checkKvCache, ggmlType, isQuantized, smallerTypes } from './kv-cache.ts';
import { planMemory, type Amount, type MemoryPlan } from '../memory.ts';
import { weightsOf } from './weights.ts';

export const CPU_SLOTS = 8;
const GPU_SLOTS = 16;
/** Longer batches read no faster on a CPU (docs/benchmarks.md), and their logits take memory for each token. */
const BATCH = 512;

export interface PlannedContext {
  context: LlamaContext;
  /** Tokens per slot. */
  contextSize: number;
  slots: number;
  /** Tokens of a step at most. */
  batchSize: number;
  memory: ContextMemory;
}

/**
 * Makes the context of all slots, as large as the user asked for or as memory allows.
 * @throws InferenceError insufficient_memory before anything is allocated, invalid_request for a KV cache that cannot be
 */
export async function createContext(
  llama: Llama,
  model: LlamaModel,
  options: LoadOptions,
  threads: number,
): Promise<PlannedContext> {
  checkKvCache(model, options);
  await checkAdapters(model, options.lora ?? []);
  const cpu = llama.gpu === false;
  const weights = weightsOf(model);
  const { bytes: ram, containerLimit } = await freeRam(llama, weights.mapped);
  const free = { ram, vram: cpu ? 0 : (await llama.getVramState()).free };
  const estimate = estimator(model, options);
  const plan = await planMemory({
    contextSize: options.contextSize,
    slots: options.slots,
    trainedContext: model.trainContextSize,
    wantedSlots: cpu ? CPU_SLOTS : GPU_SLOTS,
    free,
    containerLimit,
    kvCacheType: options.kvCacheType,
    smallerTypes: smallerTypes(model, options),
    needs: (contextSize, slots, type) => estimate(contextSize, slots, type, options.flashAttention),
  });
  const context = await allocate(model, options, plan, threads);
  const scarce = plan.needs.vram / Math.max(1, free.vram) > plan.needs.ram / Math.max(1, free.ram) ? 'vram' : 'ram';
  return {
    context,
    contextSize: plan.contextSize,
    slots: plan.slots,
    batchSize: batchOf(options, plan.contextSize, plan.slots),
    memory: {
      kvCacheType: options.kvCacheType,
      flashAttention: await flashAttentionUsed(options, (mode) =>
        estimate(plan.contextSize, plan.slots, options.kvCacheType, mode),
      ),
      contextBytes: plan.needs[scarce],
      freeBytes: free[scarce],
      place: scarce === 'vram' ? 'GPU memory' : 'memory',
      containerLimit: scarce === 'ram' ? containerLimit : undefined,
      why: plan.why,
      modelBytes: weights.bytes,
    },
  };
}

/** What the machine has left: MemAvailable on Linux; on macOS Node leaves out pages that can be reclaimed at once. */
async function freeRam(llama: Llama, mapped: number): Promise<FreeMemory> {
  const available = process.platform === 'darwin' ? (await llama.getRamState()).free : freemem();
  return freeMemory(available, mapped);
}

type Estimate = (
  contextSize: number,
  slots: number,
  type: KvCacheType,
  flashAttention: LoadOptions['flashAttention'],
) => Promise<Amount>;

/** llama.cpp sets up the context without memory and adds up its buffers; its older formula is wrong for blocks. */
function estimator(model: LlamaModel, options: LoadOptions): Estimate {
  return async (contextSize, slots, type, flashAttention) => {
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      sequences: slots,
      batchSize: batchOf(options, contextSize, slots),
      modelGpuLayers: model.gpuLayers,
      swaFullCache: true,
      flashAttention: flashMode(flashAttention),
      kvCacheKeyType: ggmlType(type),
      kvCacheValueType: ggmlType(type),
    });
    return { ram: cpuRam, vram: gpuVram };
  };
}

async function allocate(
  model: LlamaModel,
  options: LoadOptions,
  { contextSize, slots, needs }: MemoryPlan,
  threads: number,
): Promise<LlamaContext> {
  const type = ggmlType(options.kvCacheType);
  const adapters = (options.lora ?? []).map(({ path: filePath, scale }) => ({ filePath, scale }));
  try {
    return await model.createContext({
      contextSize,
      sequences: slots,
      batchSize: batchOf(options, contextSize, slots),
      threads,
      flashAttention: flashMode(options.flashAttention),
      experimentalKvCacheKeyType: type,
      experimentalKvCacheValueType: type,
      // A window that has moved on cannot be gone back to; the full cache lets slots keep a prefix.
      swaFullCache: true,
      ...(adapters.length > 0 && { lora: { adapters } }),
    });
  } catch (error) {
    throw new InferenceError(
      'insufficient_memory',
      `llama.cpp could not allocate the ${inBytes(needs.ram + needs.vram)} for a context of ${slots} × ${contextSize} tokens${adapters.length > 0 ? ' with its adapters' : ''}; lower --context-size or --parallel.`,
      { cause: error },
    );
  }
}

/** A step takes a token of every slot, and no more tokens than one slot holds are read at once. */
export function batchOf(options: Pick<LoadOptions, 'batchSize'>, contextSize: number, slots: number): number {
  return Math.max(slots, Math.min(options.batchSize ?? BATCH, contextSize));
}

export function flashMode(mode: LoadOptions['flashAttention']): 'auto' | boolean {
  return mode === 'auto' ? 'auto' : mode === 'on';
}

/** The engine does not tell what `auto` became, but without flash attention the buffers have another size. */
async function flashAttentionUsed(
  { flashAttention, kvCacheType }: LoadOptions,
  bytes: (mode: LoadOptions['flashAttention']) => Promise<Amount>,
): Promise<boolean | undefined> {
  if (flashAttention === 'off') return false;
  if (isQuantized(kvCacheType)) return true;
  const [used, on, off] = [await bytes(flashAttention), await bytes('on'), await bytes('off')].map(
    ({ ram, vram }) => ram + vram,
  );
  if (on === off) return undefined;
  return used === on ? true : used === off ? false : undefined;
}
