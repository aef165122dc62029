import { InferenceError } from '../../contract/errors.ts';
import type { StepPlan, StepResult, Stepper, TokenRequest } from '../../contract/tokens.ts';
import type { AddonContext } from './addon.ts';
import type { Turns } from '../core-turns.ts';
import type { Handover } from './handover.ts';
import type { LogprobReader } from './logprobs.ts';
import type { SlotSampler } from './sampler.ts';
import type { Threads } from './threads.ts';
import { nativeBatches, type BatchEntry } from './native-batches.ts';
import { TILE, type ChunkShape } from './tiles.ts';

export interface StepperOptions {
  context: AddonContext;
  /** One for each slot. */
  samplers: readonly SlotSampler[];
  /** One for each slot. */
  logprobs: readonly LogprobReader[];
  contextSize: number;
  batchSize: number;
  threads: Threads;
  turns: Turns;
  handover: Handover;
  /** Rows of idle slots between two busy ones that are worth decoding along. */
  affordableGap: number;
  /** Tokens by which a chunk's attention exceeds its own. */
  chunkOverhead: number;
  /** What chunks cost, where they may be filled up to whole tiles. */
  shape: ChunkShape | undefined;
  dispose(): Promise<void>;
}

/** Steps of a llama.cpp context: slot i is sequence i, each with cells of its own. */
export class GgufStepper implements Stepper {
  readonly chunkUnit = TILE;
  readonly chunkOverhead: number;
  readonly slots: number;
  readonly contextSize: number;
  readonly batchSize: number;
  private readonly options: StepperOptions;
  /** Tokens that each slot holds. */
  private readonly lengths: number[];
  /** Slots whose request wants log probabilities. */
  private readonly telling = new Set<number>();

  constructor(options: StepperOptions) {
    this.options = options;
    this.slots = options.samplers.length;
    this.contextSize = options.contextSize;
    this.batchSize = options.batchSize;
    this.chunkOverhead = options.chunkOverhead;
    this.lengths = options.samplers.map(() => 0);
  }

  async begin(slot: number, request: TokenRequest): Promise<void> {
    this.sampler(slot).begin(request);
    this.telling.delete(slot);
    if (request.logprobs === undefined) return;
    this.options.logprobs[slot]?.begin(request.logprobs);
    this.telling.add(slot);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    const results: StepResult[number][] = [];
    const batches = nativeBatches(plan, (slot) => this.length(slot), this.options);
    for (const batch of batches) results.push(...(await this.decode(batch)));
    return results;
  }

  private async decode(batch: readonly BatchEntry[]): Promise<StepResult> {
    const { context, threads } = this.options;
    const total = batch.reduce((sum, { tokens }) => sum + tokens.length, 0);
    context.initBatch(total);
    const wanted: { slot: number; index: number }[] = [];
    for (const { slot, tokens, kept, sample } of batch) {
      const logits = Uint32Array.from(sample ? [kept - 1] : []);
      const indexes = context.addToBatch(slot, this.length(slot), Uint32Array.from(tokens), logits);
      for (const index of indexes) wanted.push({ slot, index });
    }
    const cells = batch.reduce((sum, { slot, kept }) => sum + (kept > 0 ? this.length(slot) : 0), 0);
    const turn = await this.options.turns.take(threads.choose(total, cells));
    context.setThreads(turn.threads);
    const began = performance.now();
    try {
      await context.decodeBatch();
    } finally {
      turn.release();
      for (const { slot, tokens, kept } of batch)
        if (kept < tokens.length) context.removeTokenCellsFromSequence(slot, this.length(slot) + kept, -1);
    }
    threads.measured(total, cells, turn.threads, performance.now() - began);
    await this.options.handover.decoded();
    for (const { slot, kept } of batch) this.lengths[slot] = this.length(slot) + kept;
    const sampled = await Promise.allSettled(wanted.map(({ slot, index }) => this.sample(slot, index)));
    // All have read the logits before anything else happens to the context, also when one failed.
    return sampled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async trim(slot: number, length: number): Promise<number> {
    if (length > 0 && length === this.length(slot)) return length;
    this.options.handover.changed(slot);
    const kept = length > 0 && this.options.context.removeTokenCellsFromSequence(slot, length, -1) ? length : 0;
    if (kept === 0) this.options.context.disposeSequence(slot);
    this.lengths[slot] = kept;
    return kept;
  }

  copyMs(length: number): number {
    return this.options.handover.expectedMs(length);
  }

  async copy(from: number, to: number, length: number): Promise<number> {
    this.options.handover.changed(to);
    this.lengths[to] = await this.options.handover.copy(from, to, length, this.length(from));
    return this.length(to) === length ? length : this.trim(to, Math.min(this.length(to), length));
  }

  save(slot: number, tokens: readonly number[], file: string): Promise<void> {
    return this.options.handover.save(slot, Uint32Array.from(tokens), file);
  }

  async load(slot: number, file: string): Promise<number> {
    this.options.handover.changed(slot);
    this.lengths[slot] = 0;
    this.lengths[slot] = await this.options.handover.load(slot, file);
    return this.length(slot);
  }

  dispose(): Promise<void> {
    return this.options.dispose();
  }

  private async sample(slot: number, index: number): Promise<StepResult[number]> {
    const sampler = this.sampler(slot);
    let id: number;
    try {
      id = await this.options.context.sampleToken(index, sampler.native);
      if (id < 0) throw new Error(`no token could be sampled in slot ${slot}`);
      if (!sampler.mayEndWith(id)) throw new Error(`the grammar does not end here, but slot ${slot} does`);
    } catch (error) {
      // A grammar that no token fits is the request's own fault, and no reason to fail the others of the step.
      if (!sampler.held) throw error;
      const message = 'No token of this model fits the grammar any more; change the grammar, or what bans its tokens.';
      return { slot, id: -1, stuck: new InferenceError('invalid_request', message, { cause: error }) };
    }
    sampler.accepted(id);
    const reader = this.telling.has(slot) ? this.options.logprobs[slot] : undefined;
    return reader ? { slot, id, logprobs: await reader.read(this.options.context, index, id) } : { slot, id };
  }

  /** How many tokens the slot holds. */
  length(slot: number): number {
    return this.lengths[slot] ?? 0;
  }

  private sampler(slot: number): SlotSampler {
    const sampler = this.options.samplers[slot];
    if (!sampler) throw new RangeError(`slot ${slot} of ${this.slots}`);
    return sampler;
  }
}
