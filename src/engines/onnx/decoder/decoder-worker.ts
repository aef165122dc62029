import { freemem } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { Dtype } from '../../../contract/dtype.ts';
import type { ContextMemory } from '../../../contract/memory.ts';
import type { Sampled, StepPlan, TokenRequest } from '../../../contract/tokens.ts';
import { freeMemory } from '../../free-memory.ts';
import { planMemory } from '../../memory.ts';
import { createForward, findPadding } from './probe.ts';
import type { Padding } from './layout.ts';
import { bytesPerToken, type DecoderGraph } from './graph.ts';
import { KvStore } from './kv-store.ts';
import { inWords } from '../thread/in-words.ts';
import { openDecoder, type DecoderFile } from './open-decoder.ts';
import { sent, type SentError } from '../thread/sent-error.ts';
import { RowSampler } from '../sampling/sampler.ts';
import { SamplingModel, type SamplingVocabulary } from '../sampling/sampling-model.ts';
import { OnnxStepper } from './stepper.ts';
import { answerCalls } from '../thread/worker-calls.ts';

/** What a decoder's thread is given. */
export interface DecoderData extends DecoderFile {
  folder: string;
  dtype: Dtype;
  contextSize: number | undefined;
  slots: number | undefined;
  batchSize: number | undefined;
  /** What its samplers have to know. */
  vocabulary: SamplingVocabulary;
  /** Tokens that the model was trained on. */
  trainedContext: number;
  wantedSlots: number;
}

/** What it tells of itself. */
export interface DecoderInfo {
  contextSize: number;
  slots: number;
  batchSize: number;
  vocabularySize: number;
  padding: Padding;
  cacheType: 'float32' | 'float16';
  /** Milliseconds that copying a token from slot to slot takes; Infinity with one slot. */
  copyMs: number;
  /** Undefined where the memory cannot be planned. */
  memory: ContextMemory | undefined;
}

/** What was sampled, as plain data. */
export type SentSampled = Omit<Sampled, 'stuck'> & { stuck?: SentError };

/** What it does: `Stepper`, but for what its other side knows. */
export type DecoderCalls = {
  begin(slot: number, request: TokenRequest): void;
  step(plan: StepPlan): SentSampled[] | Promise<SentSampled[]>;
  trim(slot: number, length: number): number;
  copy(from: number, to: number, length: number): number | Promise<number>;
  save(slot: number, tokens: number, file: string): Promise<void>;
  load(slot: number, file: string): Promise<number>;
};

/** Tokens that are read in one run at most. */
const BATCH = 512;
/** Bytes that the logits of one run may take, where a graph computes those of every token. */
const LOGITS = 64 * 2 ** 20;
/** Tokens that are copied to see how long that takes. */
const COPIED = 64;

async function prepare(): Promise<{ info: DecoderInfo; calls: DecoderCalls }> {
  const data = workerData as DecoderData;
  const before = freeMemory(freemem(), 0).bytes;
  const { graph, sessions } = openDecoder(data, before);
  const padding = inWords(data.file, 'run', () => findPadding(sessions, graph));
  const batchSize = batchOf(graph, data);
  const plan = await planned(data, graph, padding, batchSize, before);
  const store = new KvStore(graph, plan.slots, plan.contextSize);
  const sampling = new SamplingModel(data.vocabulary);
  const stepper = new OnnxStepper(
    createForward(padding, { sessions, graph, store }),
    store,
    Array.from({ length: plan.slots }, () => new RowSampler(sampling)),
    graph.keptLogits !== undefined,
  );
  return {
    info: {
      ...plan,
      batchSize: Math.max(plan.slots, Math.min(batchSize, plan.contextSize)),
      vocabularySize: graph.vocabularySize,
      padding,
      cacheType: graph.cacheType,
      copyMs: measureCopy(store),
    },
    calls: calls(stepper),
  };
}

function batchOf({ keptLogits, vocabularySize }: DecoderGraph, { batchSize }: DecoderData): number {
  if (batchSize !== undefined || keptLogits) return batchSize ?? BATCH;
  return Math.max(32, Math.min(BATCH, Math.floor(LOGITS / (vocabularySize * 4) / 32) * 32));
}

async function planned(
  data: DecoderData,
  graph: DecoderGraph,
  padding: Padding,
  batchSize: number,
  before: number,
): Promise<Pick<DecoderInfo, 'contextSize' | 'slots' | 'memory'>> {
  const { bytes, containerLimit } = freeMemory(freemem(), 0);
  // Rows that are gathered for a run exist two times more, before it and after it.
  const copies = padding === 'right' ? 1 : 3;
  const logits = (graph.keptLogits ? 1 : batchSize) * graph.vocabularySize * 4;
  const { contextSize, slots, needs, why } = await planMemory({
    ...data,
    free: { ram: bytes, vram: 0 },
    containerLimit,
    kvCacheType: graph.cacheType === 'float16' ? 'f16' : 'f32',
    smallerTypes: [],
    needs: async (context, count) => ({
      ram: context * count * bytesPerToken(graph) * copies + logits + count * graph.vocabularySize * 4,
      vram: 0,
    }),
  });
  return {
    contextSize,
    slots,
    memory: {
      kvCacheType: graph.cacheType === 'float16' ? 'f16' : 'f32',
      flashAttention: undefined,
      contextBytes: needs.ram,
      freeBytes: bytes,
      place: 'memory',
      containerLimit,
      why,
      modelBytes: Math.max(0, before - bytes),
    },
  };
}

function measureCopy(store: KvStore): number {
  if (store.slots < 2) return Infinity;
  const length = Math.min(COPIED, store.capacity);
  // The first one also takes the memory from the machine.
  store.copy(0, 1, length);
  const began = performance.now();
  store.copy(0, 1, length);
  const ms = performance.now() - began;
  store.lengths.fill(0);
  return ms / length;
}

function calls(stepper: OnnxStepper): DecoderCalls {
  return {
    begin: (slot, request) => stepper.begin(slot, request),
    step: (plan) =>
      stepper.step(plan).map(({ stuck, ...sampled }) => (stuck ? { ...sampled, stuck: sent(stuck) } : sampled)),
    trim: (slot, length) => stepper.trim(slot, length),
    copy: (from, to, length) => stepper.copy(from, to, length),
    save: (slot, tokens, file) => stepper.save(slot, tokens, file),
    load: (slot, file) => stepper.load(slot, file),
  };
}

void answerCalls(prepare);
