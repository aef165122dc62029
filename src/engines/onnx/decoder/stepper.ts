import type { InferenceError } from '../../../contract/errors.ts';
import type { Sampled, StepPlan, StepResult, TokenLogprobs, TokenRequest } from '../../../contract/tokens.ts';
import type { Forward } from './forward.ts';
import type { KvStore } from './kv-store.ts';
import { readState, writeState } from './state-file.ts';

/** What a slot's sampler does: see sampler.ts. */
export interface Sampler {
  begin(request: TokenRequest): void;
  /** @param logits may be overwritten */
  sample(logits: Float32Array): { id: number; logprobs?: TokenLogprobs } | { stuck: InferenceError };
}

/** Steps of a decoder, in the thread that has it. Slot i is row i of the store. */
export class OnnxStepper {
  private readonly forward: Forward;
  private readonly store: KvStore;
  private readonly samplers: readonly Sampler[];

  /** Whether the graph computes the last logits of a chunk alone. */
  private readonly keepsLast: boolean;
  /** Slots whose prompt has not been read to its end. */
  private readonly reading = new Set<number>();

  constructor(forward: Forward, store: KvStore, samplers: readonly Sampler[], keepsLast: boolean) {
    this.keepsLast = keepsLast;
    this.forward = forward;
    this.store = store;
    this.samplers = samplers;
  }

  begin(slot: number, request: TokenRequest): void {
    this.sampler(slot).begin(request);
    this.reading.add(slot);
  }

  /**
   * Reads each chunk on its own. The last token of a prompt rides in its chunk where the graph computes the last logits alone, else
   * it is decoded in one batch with those of the decoders: always the same way, because the two may be computed in another
   * precision, and an answer must not depend on how much of its prompt was there. Prompts of which only that token is left are one
   * batch.
   */
  step(plan: StepPlan): StepResult {
    const rides = ({ slot }: StepPlan[number]): boolean => this.keepsLast && this.reading.has(slot);
    const decoders = plan.filter((entry) => entry.sample && !rides(entry));
    const ends = plan.filter((entry) => entry.sample && rides(entry) && entry.tokens.length === 1);
    const sampled = new Map<number, Sampled>();
    for (const entry of plan) {
      if (ends.includes(entry)) continue;
      const later = decoders.includes(entry);
      const read = later ? entry.tokens.slice(0, -1) : entry.tokens;
      if (read.length === 0) continue;
      const logits = this.forward.read(entry.slot, read, entry.sample && !later);
      if (logits) sampled.set(entry.slot, this.sample(entry.slot, logits));
    }
    for (const [batch, session] of [[ends, 'read'] as const, [decoders, 'decode'] as const]) {
      if (batch.length === 0) continue;
      const last = batch.map(({ slot, tokens }) => ({ slot, token: tokens.at(-1) ?? 0 }));
      const rows = this.forward.decode(last, session);
      batch.forEach(({ slot }, at) => sampled.set(slot, this.sample(slot, rows[at] ?? new Float32Array())));
    }
    return [...sampled.values()];
  }

  private sample(slot: number, logits: Float32Array): Sampled {
    this.reading.delete(slot);
    const sampled = this.sampler(slot).sample(logits);
    return 'stuck' in sampled ? { slot, id: 0, ...sampled } : { slot, ...sampled };
  }

  trim(slot: number, length: number): number {
    this.store.lengths[slot] = Math.min(length, this.store.length(slot));
    return this.store.length(slot);
  }

  copy(from: number, to: number, length: number): number {
    this.store.copy(from, to, length);
    return length;
  }

  save(slot: number, tokens: number, file: string): Promise<void> {
    return writeState(file, tokens, this.store.pieces(slot, tokens));
  }

  /** @returns how many tokens the slot holds then @throws Error for a file of another size; the slot is empty then */
  async load(slot: number, file: string): Promise<number> {
    this.store.lengths[slot] = 0;
    const length = await readState(file, this.store.capacity, (tokens) => this.store.pieces(slot, tokens));
    this.store.lengths[slot] = length;
    return length;
  }

  private sampler(slot: number): Sampler {
    const sampler = this.samplers[slot];
    if (!sampler) throw new RangeError(`slot ${slot} of ${this.samplers.length}`);
    return sampler;
  }
}
