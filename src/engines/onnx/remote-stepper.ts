import { InferenceError } from '../../contract/errors.ts';
import type { StepPlan, StepResult, Stepper, TokenRequest } from '../../contract/tokens.ts';
import type { Turns } from '../core-turns.ts';
import type { DecoderCalls, DecoderInfo } from './decoder-worker.ts';
import type { WorkerClient } from './worker-client.ts';

/** The stepper of a decoder in another thread: one message a step. */
export class RemoteStepper implements Stepper {
  /** Short chunks are as fast as long ones from here on (docs/benchmarks.md). */
  readonly chunkUnit = 32;
  readonly slots: number;
  readonly contextSize: number;
  readonly batchSize: number;
  private readonly client: WorkerClient<DecoderInfo, DecoderCalls>;
  private readonly info: DecoderInfo;
  private readonly turns: Turns;
  private readonly threads: number;
  /** The thread that each slot's tokens lie in, by its generation. */
  private readonly generations: number[];

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
    this.generations = Array.from({ length: info.slots }, () => client.generation);
  }

  async begin(slot: number, request: TokenRequest): Promise<void> {
    await this.client.call('begin', slot, request);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    const lost = plan.find(({ slot }) => this.isLost(slot));
    if (lost) throw new Error(`The tokens of slot ${lost.slot} were lost with the model's thread.`);
    const turn = await this.turns.take(this.threads);
    try {
      const results = await this.client.call('step', plan);
      return results.map(({ stuck, ...sampled }) =>
        stuck ? { ...sampled, stuck: new InferenceError(stuck.code ?? 'internal', stuck.message) } : sampled,
      );
    } finally {
      turn.release();
    }
  }

  async trim(slot: number, length: number): Promise<number> {
    // A thread that was started anew holds nothing.
    const kept = this.isLost(slot) ? 0 : length;
    const held = await this.client.call('trim', slot, kept);
    this.generations[slot] = this.client.generation;
    return held;
  }

  copyMs(length: number): number {
    return this.info.copyMs * length;
  }

  async copy(from: number, to: number, length: number): Promise<number> {
    if (this.isLost(from)) return this.trim(to, 0);
    const held = await this.client.call('copy', from, to, length);
    this.generations[to] = this.client.generation;
    return held;
  }

  async save(slot: number, tokens: readonly number[], file: string): Promise<void> {
    if (this.isLost(slot)) throw new Error(`The tokens of slot ${slot} were lost with the model's thread.`);
    await this.client.call('save', slot, tokens.length, file);
  }

  async load(slot: number, file: string): Promise<number> {
    const held = await this.client.call('load', slot, file);
    this.generations[slot] = this.client.generation;
    return held;
  }

  dispose(): Promise<void> {
    return this.client.dispose();
  }

  private isLost(slot: number): boolean {
    return this.generations[slot] !== this.client.generation;
  }
}
