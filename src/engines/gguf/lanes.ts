import { rm } from 'node:fs/promises';
import type { StepPlan, StepResult, Stepper, TokenRequest } from '../../contract/tokens.ts';
import { fileMs, type HandoverCosts } from './handover.ts';
import type { GgufStepper } from './stepper.ts';
import type { LaneThreads } from './threads.ts';

export interface LaneOptions {
  /** One for each context; lane l of n has the slots l, l + n, l + 2n … */
  lanes: readonly GgufStepper[];
  /** What all lanes take their threads from. */
  threads: LaneThreads;
  costs: HandoverCosts;
  /** The file in which a prefix goes from one lane to another. */
  file: string;
  /** Called after the lanes are disposed. */
  dispose(): Promise<void>;
}

/** Up to so many tokens a lane's step is decoding, and two lanes are always quicker beside each other. */
const SMALL_STEP = 32;
/** A lane that has more than so many times the other's work gets all threads, before or after the other. */
const UNEVEN = 3;

/**
 * Slots spread over several contexts that decode at the same time, each in a thread of its own. Threads of one batch are
 * started, joined and wait for each other in every step; batches beside each other meet once.
 */
export class LaneStepper implements Stepper {
  readonly slots: number;
  readonly groups: number;
  readonly chunkUnit: number;
  readonly contextSize: number;
  readonly batchSize: number;
  private readonly options: LaneOptions;
  private costs: HandoverCosts;
  /** Whose prefix lies in the file, and how many tokens. */
  private saved: { slot: number; length: number } | undefined;

  constructor(options: LaneOptions) {
    const { lanes } = options;
    this.options = options;
    this.costs = options.costs;
    this.groups = lanes.length;
    this.slots = lanes.reduce((sum, lane) => sum + lane.slots, 0);
    this.chunkUnit = Math.max(...lanes.map((lane) => lane.chunkUnit));
    this.contextSize = Math.min(...lanes.map((lane) => lane.contextSize));
    this.batchSize = Math.min(...lanes.map((lane) => lane.batchSize));
  }

  begin(slot: number, request: TokenRequest): Promise<void> {
    return this.lane(slot).begin(this.inner(slot), request);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    await this.forget();
    const { lanes, threads } = this.options;
    const parts = lanes.map((lane, index) => ({
      lane,
      index,
      plan: plan
        .filter(({ slot }) => slot % this.groups === index)
        .map((entry) => ({ ...entry, slot: this.inner(entry.slot) })),
    }));
    const busy = parts
      .map((part) => ({ ...part, tokens: part.plan.reduce((sum, { tokens }) => sum + tokens.length, 0) }))
      .filter(({ tokens }) => tokens > 0)
      .toSorted((a, b) => a.tokens - b.tokens);
    const run = async ({ lane, index, plan: own }: (typeof busy)[number]): Promise<StepResult> =>
      (await lane.step(own)).map((result) => ({ ...result, slot: result.slot * this.groups + index }));
    if (isEven(busy.map(({ tokens }) => tokens))) {
      threads.shared = true;
      const outcomes = await Promise.allSettled(busy.map(run));
      // All lanes have come to rest before anybody hears of a failure.
      return outcomes.flatMap((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason;
        return outcome.value;
      });
    }
    const results: StepResult[] = [];
    for (const part of busy) {
      // A few decoders beside a prompt gain nothing by more threads.
      threads.shared = part !== busy.at(-1);
      results.push(await run(part));
    }
    return results.flat();
  }

  trim(slot: number, length: number): Promise<number> {
    this.changed(slot);
    return this.lane(slot).trim(this.inner(slot), length);
  }

  copyMs(length: number): number {
    return this.groups === 1 ? this.lane(0).copyMs(length) : fileMs(this.costs, length);
  }

  async copy(from: number, to: number, length: number): Promise<number> {
    this.changed(to);
    if (this.lane(from) === this.lane(to)) return this.lane(from).copy(this.inner(from), this.inner(to), length);
    try {
      if (this.saved?.slot !== from || this.saved.length < length) {
        const held = this.lane(from).length(this.inner(from));
        const tokens = Array.from({ length: held }, () => 0);
        await this.save(from, tokens, this.options.file);
        this.saved = { slot: from, length: held };
      }
      const loaded = await this.lane(to).load(this.inner(to), this.options.file);
      return loaded === length ? length : await this.lane(to).trim(this.inner(to), length);
    } catch {
      // A full disk: the prompt can still be read. Files are not tried again.
      this.saved = undefined;
      this.costs = { ...this.costs, fileMs: Infinity };
      await rm(this.options.file, { force: true }).catch(() => {});
      return this.lane(to).trim(this.inner(to), 0);
    }
  }

  save(slot: number, tokens: readonly number[], file: string): Promise<void> {
    return this.lane(slot).save(this.inner(slot), tokens, file);
  }

  load(slot: number, file: string): Promise<number> {
    this.changed(slot);
    return this.lane(slot).load(this.inner(slot), file);
  }

  async dispose(): Promise<void> {
    await this.forget();
    for (const lane of this.options.lanes) await lane.dispose();
    await this.options.dispose();
  }

  private lane(slot: number): GgufStepper {
    const lane = this.options.lanes[slot % this.groups];
    if (!lane) throw new RangeError(`slot ${slot} of ${this.slots}`);
    return lane;
  }

  private inner(slot: number): number {
    return Math.floor(slot / this.groups);
  }

  /** The slot's tokens are no longer those in the file. */
  private changed(slot: number): void {
    if (this.saved?.slot === slot) this.saved = undefined;
  }

  private async forget(): Promise<void> {
    if (!this.saved) return;
    this.saved = undefined;
    await rm(this.options.file, { force: true });
  }
}

/** Whether lanes with so many tokens to compute are quicker beside each other than one after the other. */
function isEven(tokens: readonly number[]): boolean {
  const largest = Math.max(...tokens);
  return tokens.length > 1 && (largest <= SMALL_STEP || Math.min(...tokens) * UNEVEN >= largest);
}
