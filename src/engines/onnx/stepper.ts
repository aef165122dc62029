import { InferenceError } from '../../contract/errors.ts';
import type { Sampled, StepPlan, StepResult, TokenLogprobs, TokenRequest } from '../../contract/tokens.ts';
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

  constructor(forward: Forward, store: KvStore, samplers: readonly Sampler[]) {
    this.forward = forward;
    this.store = store;
    this.samplers = samplers;
  }

  begin(slot: number, request: TokenRequest): void {
    this.sampler(slot).begin(request);
  }

  /**
   * Reads each chunk on its own without logits, which take a row of the vocabulary for every token; the last token of each
   * prompt is decoded in one batch with those of the decoders.
   */
  step(plan: StepPlan): StepResult {
    for (const { slot, tokens, sample } of plan) {
      const read = sample ? tokens.slice(0, -1) : tokens;
      if (read.length > 0) this.forward.read(slot, read);
    }
    const last = plan.filter(({ sample }) => sample).map(({ slot, tokens }) => ({ slot, token: tokens.at(-1) ?? 0 }));
    if (last.length === 0) return [];
    const logits = this.forward.decode(last);
    return last.map(({ slot }, at): Sampled => {
      const sampled = this.sampler(slot).sample(logits[at] ?? new Float32Array());
      return 'stuck' in sampled ? { slot, id: 0, ...sampled } : { slot, ...sampled };
    });
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
