import { freemem } from 'node:os';
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import { inBytes, type ContextMemory, type KvCacheType } from '../../contract/memory.ts';
import type { LoadOptions } from '../engine.ts';
import { freeMemory, type FreeMemory } from './free-memory.ts';
import { checkKvCache, ggmlType, isQuantized, smallerTypes } from './kv-cache.ts';
import { planMemory, type Amount, type MemoryPlan } from './memory.ts';
import { weightsOf } from './weights.ts';

const CPU_SLOTS = 8;
const GPU_SLOTS = 16;
/** Longer batches read no faster on a CPU (docs/benchmarks.md), and their logits take memory for each token. */
const BATCH = 512;

/**
 * Weights up to this size are read so fast that starting and joining threads for every step takes longer: then two contexts
 * beside each other, each with half of the threads, decode more than one context with all of them (docs/benchmarks.md).
 * Larger weights would be read twice.
 */
const SMALL_WEIGHTS = 512 * 2 ** 20;

export interface PlannedContext {
  /** One for each lane: lane l of n has the slots l, l + n, l + 2n … */
  contexts: LlamaContext[];
  /** Tokens per slot. */
  contextSize: number;
  slots: number;
  /** Tokens of a step at most. */
  batchSize: number;
  memory: ContextMemory;
}

/**
 * Makes the contexts of all slots, as large as the user asked for or as memory allows.
 * @throws InferenceError insufficient_memory before anything is allocated, invalid_request for a KV cache that cannot be
 */
export async function createContext(
  llama: Llama,
  model: LlamaModel,
  options: LoadOptions,
  threads: number,
): Promise<PlannedContext> {
  checkKvCache(model, options);
  const cpu = llama.gpu === false;
  const weights = weightsOf(model);
  const { bytes: ram, containerLimit } = await freeRam(llama, weights.mapped);
  const free = { ram, vram: cpu ? 0 : (await llama.getVramState()).free };
  const lanesOf = (slots: number): number =>
    cpu && threads > 1 && slots > 1 && weights.bytes <= SMALL_WEIGHTS ? 2 : 1;
  const estimate = estimator(model, options, lanesOf);
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
  const contexts = await allocate(model, options, plan, lanesOf(plan.slots), threads);
  const scarce = plan.needs.vram / Math.max(1, free.vram) > plan.needs.ram / Math.max(1, free.ram) ? 'vram' : 'ram';
  return {
    contexts,
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
function estimator(model: LlamaModel, options: LoadOptions, lanesOf: (slots: number) => number): Estimate {
  return async (contextSize, slots, type, flashAttention) => {
    const lanes = lanesOf(slots);
    const { cpuRam, gpuVram } = await model.fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      sequences: Math.ceil(slots / lanes),
      batchSize: batchOf(options, contextSize, slots),
      modelGpuLayers: model.gpuLayers,
      swaFullCache: true,
      flashAttention: flashMode(flashAttention),
      kvCacheKeyType: ggmlType(type),
      kvCacheValueType: ggmlType(type),
    });
    return { ram: cpuRam * lanes, vram: gpuVram * lanes };
  };
}

async function allocate(
  model: LlamaModel,
  options: LoadOptions,
  { contextSize, slots, needs }: MemoryPlan,
  lanes: number,
  threads: number,
): Promise<LlamaContext[]> {
  const type = ggmlType(options.kvCacheType);
  const contexts: LlamaContext[] = [];
  try {
    for (let lane = 0; lane < lanes; lane += 1) {
      const context = await model.createContext({
        contextSize,
        sequences: Math.ceil((slots - lane) / lanes),
        batchSize: batchOf(options, contextSize, slots),
        threads,
        flashAttention: flashMode(options.flashAttention),
        experimentalKvCacheKeyType: type,
        experimentalKvCacheValueType: type,
        // A window that has moved on cannot be gone back to; the full cache lets slots keep a prefix.
        swaFullCache: true,
      });
      contexts.push(context);
    }
    return contexts;
  } catch (error) {
    throw new InferenceError(
      'insufficient_memory',
      `llama.cpp could not allocate the ${inBytes(needs.ram + needs.vram)} for a context of ${slots} × ${contextSize} tokens; lower --context-size or --parallel.`,
      { cause: error },
    );
  }
}

/** A step takes a token of every slot, and no more tokens than one slot holds are read at once. */
function batchOf(options: LoadOptions, contextSize: number, slots: number): number {
  return Math.max(slots, Math.min(options.batchSize ?? BATCH, contextSize));
}

function flashMode(mode: LoadOptions['flashAttention']): 'auto' | boolean {
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
