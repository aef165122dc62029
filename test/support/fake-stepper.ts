import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { StepPlan, StepResult, Stepper, TokenRequest } from '../../src/contract/tokens.ts';
import type { FakeClock } from './fake-clock.ts';

export interface FakeStepperOptions {
  slots?: number;
  contextSize?: number;
  batchSize?: number;
  clock?: FakeClock;
  /** Calls that are over at once, as an engine's that need no thread are. */
  immediate?: boolean;
  /** A model that cannot forget only a tail. */
  forgetsAll?: boolean;
  /** Milliseconds of a step: fixed + perToken × tokens. */
  fixedMs?: number;
  perTokenMs?: number;
  /** Milliseconds that a copy says it takes; 0 where it is not given. */
  copyMs?: (length: number) => number;
  /** The token that follows what a slot holds, for the request that it began with; a hash of it where not given. */
  next?: (held: readonly number[], request: TokenRequest) => number;
  /** Called before each step; may throw or change the world. */
  onStep?: (plan: StepPlan, step: number) => void | Promise<void>;
}

/** The token that follows a history: any change of any token before it changes it. Between 1 and 999. */
export function nextToken(history: readonly number[]): number {
  let hash = 17;
  for (const token of history) hash = (hash * 31 + token) % 1_000_003;
  return 1 + (hash % 999);
}

/** What a request must yield, whatever ran beside it. */
export function expectedTokens(prompt: readonly number[], maxTokens: number, end: ReadonlySet<number>): number[] {
  const history = [...prompt];
  const tokens: number[] = [];
  while (tokens.length < maxTokens) {
    const token = nextToken(history);
    tokens.push(token);
    history.push(token);
    if (end.has(token)) break;
  }
  return tokens;
}

/** A deterministic engine that checks every call the scheduler makes. */
export class FakeStepper implements Stepper {
  readonly slots: number;
  readonly chunkUnit = 1;
  readonly chunkOverhead = 0;
  readonly contextSize: number;
  readonly batchSize: number;
  /** Every plan, in order. */
  readonly plans: StepPlan[] = [];
  /** Slots in the order in which requests began. */
  readonly begun: { slot: number; request: TokenRequest }[] = [];
  readonly held: number[][];
  /** Every copy, in order. */
  readonly copies: { from: number; to: number; length: number }[] = [];
  /** What was saved, by file. */
  readonly files = new Map<string, number[]>();
  disposed = false;
  private readonly options: FakeStepperOptions;
  private busy = false;

  constructor(options: FakeStepperOptions = {}) {
    this.options = options;
    this.slots = options.slots ?? 2;
    this.contextSize = options.contextSize ?? 1000;
    this.batchSize = options.batchSize ?? 64;
    this.held = Array.from({ length: this.slots }, () => []);
  }

  begin(slot: number, request: TokenRequest): Promise<void> {
    return this.alone(async () => {
      this.begun.push({ slot, request });
      if (this.options.immediate !== true) await setImmediate();
    });
  }

  step(plan: StepPlan): Promise<StepResult> {
    return this.alone(async () => {
      this.plans.push(plan);
      await this.options.onStep?.(plan, this.plans.length);
      await setImmediate();
      this.check(plan);
      const tokens = plan.reduce((sum, entry) => sum + entry.tokens.length, 0);
      this.options.clock?.advance((this.options.fixedMs ?? 1) + (this.options.perTokenMs ?? 0) * tokens);
      return plan.flatMap(({ slot, tokens: added, sample }) => {
        const held = this.tokens(slot);
        held.push(...added);
        return sample ? [{ slot, id: this.next(slot, held) }] : [];
      });
    });
  }

  trim(slot: number, length: number): Promise<number> {
    return this.alone(async () => {
      const held = this.tokens(slot);
      assert.ok(length <= held.length, `trim to ${length} of ${held.length}`);
      held.length = this.options.forgetsAll === true && length < held.length ? 0 : length;
      return held.length;
    });
  }

  copyMs(length: number): number {
    return this.options.copyMs?.(length) ?? 0;
  }

  copy(from: number, to: number, length: number): Promise<number> {
    return this.alone(async () => {
      if (this.options.immediate !== true) await setImmediate();
      assert.notEqual(from, to);
      assert.ok(length <= this.tokens(from).length, `copy ${length} of ${this.tokens(from).length}`);
      this.copies.push({ from, to, length });
      const whole = length === this.tokens(from).length;
      this.held[to] = this.options.forgetsAll === true && !whole ? [] : this.tokens(from).slice(0, length);
      return this.tokens(to).length;
    });
  }

  save(slot: number, tokens: readonly number[], file: string): Promise<void> {
    return this.alone(async () => {
      await setImmediate();
      assert.deepEqual(this.tokens(slot), tokens, 'what is said to be saved is not what is held');
      this.files.set(file, [...tokens]);
    });
  }

  load(slot: number, file: string): Promise<number> {
    return this.alone(async () => {
      await setImmediate();
      const saved = this.files.get(file);
      this.held[slot] = [...(saved ?? [])];
      if (!saved) throw new Error(`no file ${file}`);
      return saved.length;
    });
  }

  async dispose(): Promise<void> {
    assert.equal(this.busy, false, 'disposed during a call');
    this.disposed = true;
  }

  private check(plan: StepPlan): void {
    assert.ok(plan.length > 0, 'an empty step');
    assert.equal(new Set(plan.map(({ slot }) => slot)).size, plan.length, 'a slot twice in one step');
    const tokens = plan.reduce((sum, entry) => sum + entry.tokens.length, 0);
    assert.ok(tokens <= this.batchSize, `${tokens} tokens in a step of ${this.batchSize}`);
    for (const entry of plan) {
      assert.ok(entry.tokens.length > 0, 'an entry without tokens');
      assert.ok(this.tokens(entry.slot).length + entry.tokens.length <= this.contextSize, 'past the context');
    }
  }

  private next(slot: number, held: readonly number[]): number {
    const request = this.begun.findLast((one) => one.slot === slot)?.request;
    return request && this.options.next ? this.options.next(held, request) : nextToken(held);
  }

  private tokens(slot: number): number[] {
    const held = this.held[slot];
    assert.ok(held, `no slot ${slot}`);
    return held;
  }

  private async alone<T>(call: () => Promise<T>): Promise<T> {
    assert.equal(this.busy, false, 'two calls at once');
    this.busy = true;
    try {
      return await call();
    } finally {
      this.busy = false;
    }
  }
}
