import { abortError, InferenceError } from '../contract/errors.ts';
import type { ModelStats } from '../contract/model.ts';
import type { SlotState } from '../contract/text.ts';
import type { Stepper, TokenEvent, TokenRequest } from '../contract/tokens.ts';
import { Admission, type ReuseSettings } from './admission.ts';
import { systemClock, type Clock } from './clock.ts';
import { Counters } from './counters.ts';
import { brokenEngine, failedStep, fullQueue } from './failures.ts';
import { Pace } from './pace.ts';
import { planStep, type Running } from './plan.ts';
import type { Placement } from './prefixes.ts';
import { WaitingQueue } from './queue.ts';
import { Sequence } from './sequence.ts';
import { slotState, type Slot } from './slots.ts';

export interface SchedulerSettings extends ReuseSettings {
  /** Requests that may wait for a slot; one more is refused. */
  maxQueue: number;
  maxQueueWaitMs: number;
  /** How long a step that reads prompts may take. */
  stepBudgetMs: number;
  /** Tokens that end a generation. */
  endTokens: ReadonlySet<number>;
}

/**
 * The step loop over one stepper. In every step each decoder advances by one token and waiting prompts by a chunk;
 * between two steps sequences are dropped, retired and admitted. It knows tokens and slots, no text and no engine.
 */
export class Scheduler {
  private readonly stepper: Stepper;
  private readonly settings: SchedulerSettings;
  private readonly clock: Clock;
  private readonly queue: WaitingQueue;
  private readonly slots: Slot[];
  private readonly pace: Pace;
  private readonly admission: Admission;
  private readonly counters = new Counters();
  /** Slots at work, in the order of their admission. */
  private running: Slot[] = [];
  private admissions = 0;
  private loop: Promise<void> | undefined;
  private reportBroken: (error: InferenceError) => void = () => {};
  private closed: InferenceError | undefined;
  /** Resolves when the engine has failed for good; every request from then on fails with the same error. */
  readonly broken = new Promise<InferenceError>((resolve) => {
    this.reportBroken = resolve;
  });

  constructor(stepper: Stepper, settings: SchedulerSettings, clock: Clock = systemClock) {
    this.stepper = stepper;
    this.settings = settings;
    this.clock = clock;
    this.queue = new WaitingQueue(clock, settings.maxQueueWaitMs);
    this.pace = new Pace(settings.stepBudgetMs, stepper.chunkOverhead);
    this.slots = Array.from({ length: stepper.slots }, (_, id) => ({
      id,
      tokens: [],
      sequence: undefined,
      usedAt: 0,
    }));
    this.admission = new Admission(stepper, this.slots, this.pace, settings);
  }

  /** What has been done so far, and how much is going on right now. */
  stats(): ModelStats {
    const now = { slots: this.slots.length, slotsBusy: this.busy(), queued: this.queue.length };
    return { ...this.counters.totals(), ...now };
  }

  /** What each slot is doing right now. */
  slotStates(): SlotState[] {
    return this.slots.map(slotState);
  }

  /**
   * Runs a request: one start, its tokens, one end. Leaving the iteration or aborting the signal drops it.
   * @param patient waits for a slot as long as it takes: a sibling has been admitted before it
   * @throws InferenceError overloaded (at once where the queue is full), aborted or the signal's own reason, model_failed
   */
  async *run(request: TokenRequest, signal: AbortSignal, patient = false): AsyncGenerator<TokenEvent, void, void> {
    const sequence = this.enqueue(request, signal, patient);
    const onAbort = (): void => this.drop(sequence, abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      yield* this.counters.watch(sequence.events);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.drop(sequence, new InferenceError('aborted', 'The reader left.'));
    }
  }

  /** Drops everything, waits for the step at work, keeps what a lasting prompt cache takes and gives the memory back. */
  async dispose(): Promise<void> {
    const unloaded = new InferenceError('model_failed', 'The model is being unloaded.', { retryAfter: 5 });
    this.close(unloaded);
    await this.loop;
    if (this.closed === unloaded) await this.admission.storeAll();
    await this.stepper.dispose();
  }

  private enqueue(request: TokenRequest, signal: AbortSignal, patient: boolean): Sequence {
    if (signal.aborted) throw abortError(signal);
    if (this.closed) throw this.closed;
    const free = this.slots.length - this.busy();
    if (this.queue.length >= free + this.settings.maxQueue) {
      this.counters.refused();
      throw fullQueue(this.slots.length, this.queue.length);
    }
    const sequence = new Sequence(request, this.clock.now());
    this.queue.push(sequence, patient);
    this.loop ??= this.work();
    return sequence;
  }

  /** Slots whose sequence somebody still wants; the others are taken back before the next step. */
  private busy(): number {
    return this.running.filter(({ sequence }) => sequence && !sequence.dropped).length;
  }

  private drop(sequence: Sequence, error: InferenceError): void {
    this.queue.remove(sequence);
    sequence.drop(error);
  }

  private close(error: InferenceError): void {
    this.closed ??= error;
    for (let waiting = this.queue.shift(); waiting; waiting = this.queue.shift()) waiting.drop(error);
    for (const slot of this.running) slot.sequence?.drop(error);
  }

  /** Steps until there is nothing to do. Never rejects: a broken engine closes the scheduler. */
  private async work(): Promise<void> {
    // Requests that arrive in one turn of the event loop share their first step.
    await Promise.resolve();
    try {
      for (;;) {
        this.retire();
        await this.admit();
        if (this.running.length === 0 && this.queue.length === 0) break;
        await this.step();
      }
    } catch (error) {
      const broken = brokenEngine(error);
      this.close(broken);
      this.retire();
      this.reportBroken(broken);
    }
    // In the same turn as the last look at the queue, or a request could arrive unseen.
    this.loop = undefined;
  }

  /** Takes back the slots of sequences that nobody wants any more; their tokens stay for the next prompt. */
  private retire(): void {
    for (const slot of this.running) if (slot.sequence?.dropped) slot.sequence = undefined;
    this.running = this.running.filter((slot) => slot.sequence);
  }

  /** Gives free slots to those who wait, in their order; who waits for a prefix is passed over, who fails is dropped. */
  private async admit(): Promise<void> {
    while (this.running.length < this.slots.length) {
      const next = this.nextToAdmit();
      if (!next) return;
      const { sequence, placement } = next;
      const { slot } = placement;
      this.queue.remove(sequence);
      slot.sequence = sequence;
      slot.usedAt = ++this.admissions;
      this.running.push(slot);
      try {
        await this.admission.fill(placement);
        await this.stepper.begin(slot.id, sequence.request);
      } catch (error) {
        await this.recover([slot.id], error);
        continue;
      }
      sequence.cached = slot.tokens.length;
      sequence.read = sequence.cached;
      this.counters.admitted(sequence.request.prompt, sequence.read);
      const queueMs = this.clock.now() - sequence.queuedAt;
      sequence.events.push({ type: 'start', queueMs, cachedTokens: sequence.read });
    }
  }

  private nextToAdmit(): { sequence: Sequence; placement: Placement } | undefined {
    for (const sequence of this.queue) {
      if (sequence.waits()) continue;
      const place = this.admission.place(sequence.request);
      if (!place) return undefined;
      if (!('leader' in place)) return { sequence, placement: place };
      sequence.waitFor(place.leader, place.length);
      this.queue.spare(sequence);
    }
    return undefined;
  }

  private async step(): Promise<void> {
    const running = this.running.flatMap((slot): Running[] =>
      slot.sequence && !slot.sequence.dropped ? [{ slot: slot.id, sequence: slot.sequence }] : [],
    );
    if (running.length === 0) return;
    const step = planStep(running, this.stepper, this.pace);
    const { plan } = step;
    const began = this.clock.now();
    let results;
    try {
      results = await this.stepper.step(plan);
    } catch (error) {
      await this.recover(
        plan.map((entry) => entry.slot),
        error,
      );
      return;
    }
    const ms = this.clock.now() - began;
    this.pace.measured(ms, step);
    this.counters.stepped(ms, step.promptTokens, results.filter(({ stuck }) => !stuck).length);
    for (const { slot: id, tokens } of plan) {
      const slot = this.slots[id];
      if (!slot?.sequence) continue;
      slot.tokens.push(...tokens);
      if (slot.sequence.last === undefined) slot.sequence.read += tokens.length;
    }
    for (const result of results) {
      const sequence = this.slots[result.slot]?.sequence;
      if (!sequence) continue;
      if (result.stuck) sequence.drop(result.stuck);
      else if (sequence.accept(result, this.settings.endTokens)) sequence.dropped = true;
    }
  }

  /**
   * Fails the requests of slots that failed and empties them; the others go on, unless the engine has lost their tokens too, as
   * one does that was started anew.
   */
  private async recover(failed: readonly number[], cause: unknown): Promise<void> {
    const error = failedStep(cause);
    for (const slot of this.slots) {
      const { length } = slot.tokens;
      const held = await this.stepper.trim(slot.id, failed.includes(slot.id) ? 0 : length);
      if (held < length || failed.includes(slot.id)) slot.sequence?.drop(error);
      slot.tokens.length = held;
    }
  }
}
