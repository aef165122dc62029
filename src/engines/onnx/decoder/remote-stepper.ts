import { InferenceError } from '../../../contract/errors.ts';
import type { StepPlan, StepResult, Stepper, TokenRequest } from '../../../contract/tokens.ts';
import type { Turns } from '../../core-turns.ts';
import type { DecoderCalls, DecoderInfo } from './decoder-worker.ts';
import type { WorkerClient } from '../thread/worker-client.ts';

/** The stepper of a decoder in another thread: one message a step. */
export class RemoteStepper implements Stepper {
  /** Short chunks are as fast as long ones from here on (docs/benchmarks.md). */
  readonly chunkUnit = 32;
  readonly chunkOverhead = 0;
  readonly slots: number;
  readonly contextSize: number;
  readonly batchSize: number;
  private readonly client: WorkerClient<DecoderInfo, DecoderCalls>;
  private readonly info: DecoderInfo;
  private readonly turns: Turns;
  private readonly threads: number;
  /** How many tokens each slot holds, and in which thread, by its generation. */
  private readonly held: { tokens: number; generation: number }[];

  constructor(
    client: WorkerClient<DecoderInfo, DecoderCalls>,
    info: DecoderInfo,
    { turns, threads }: { turns: Turns; threads: number },
  ) {
    this.client = client;
    this.info = info;
    this.turns = turns;
    this.threads = threads;
    this.slots = info.slots;
    this.contextSize = info.contextSize;
    this.batchSize = info.batchSize;
    this.held = Array.from({ length: info.slots }, () => ({ tokens: 0, generation: client.generation }));
  }

  async begin(slot: number, request: TokenRequest): Promise<void> {
    await this.client.call('begin', slot, request);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    for (const { slot } of plan) this.refuseLost(slot);
    const turn = await this.turns.take(this.threads);
    try {
      const results = await this.client.call('step', plan);
      for (const { slot, tokens } of plan) this.holds(slot, this.tokens(slot) + tokens.length);
      return results.map(({ stuck, ...sampled }) =>
        stuck ? { ...sampled, stuck: new InferenceError(stuck.code ?? 'internal', stuck.message) } : sampled,
      );
    } finally {
      turn.release();
    }
  }

  async trim(slot: number, length: number): Promise<number> {
    const kept = Math.min(length, this.tokens(slot));
    return this.holds(slot, await this.client.call('trim', slot, kept));
  }

  copyMs(length: number): number {
    return this.info.copyMs * length;
  }

  async copy(from: number, to: number, length: number): Promise<number> {
    if (this.tokens(from) < length) return this.trim(to, 0);
    return this.holds(to, await this.client.call('copy', from, to, length));
  }

  async save(slot: number, tokens: readonly number[], file: string): Promise<void> {
    this.refuseLost(slot);
    await this.client.call('save', slot, tokens.length, file);
  }

  async load(slot: number, file: string): Promise<number> {
    this.holds(slot, 0);
    return this.holds(slot, await this.client.call('load', slot, file));
  }

  dispose(): Promise<void> {
    return this.client.dispose();
  }

  /** How many of a slot's tokens are still there. */
  private tokens(slot: number): number {
    const { tokens = 0, generation = 0 } = this.held[slot] ?? {};
    return generation === this.client.generation ? tokens : 0;
  }

  private holds(slot: number, tokens: number): number {
    this.held[slot] = { tokens, generation: this.client.generation };
    return tokens;
  }

  /** @throws Error where the slot's tokens are gone */
  private refuseLost(slot: number): void {
    if (this.tokens(slot) === this.held[slot]?.tokens) return;
    throw new Error(`The tokens of slot ${slot} were lost with the model's thread.`);
  }
}
