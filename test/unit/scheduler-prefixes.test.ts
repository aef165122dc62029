import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { InferenceError } from '../../src/contract/errors.ts';
import { Scheduler, type SchedulerSettings } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { expectedTokens, FakeStepper, type FakeStepperOptions } from '../support/fake-stepper.ts';
import { assertIdle, outcomeOf, promptOf, roomy, tokenRequest, type Outcome } from '../support/token-requests.ts';

const never = new AbortController().signal;
/** Tokens that are never generated: the fake model's are below 1000. */
const prefix = promptOf(500, 2000);
const tail = (index: number, length = 10): number[] => promptOf(length, 10_000 + 100 * index);

interface World {
  stepper: FakeStepper;
  scheduler: Scheduler;
  /** Submits a prompt. */
  ask(prompt: readonly number[], maxTokens?: number, signal?: AbortSignal): Promise<Outcome>;
}

/** A token takes a millisecond, a step at most 64 of them. */
function world(options: FakeStepperOptions = {}, settings: Partial<SchedulerSettings> = {}): World {
  const clock = new FakeClock();
  const stepper = new FakeStepper({ slots: 8, perTokenMs: 1, clock, ...options });
  const scheduler = new Scheduler(stepper, { ...roomy, ...settings }, clock);
  const ask: World['ask'] = (prompt, maxTokens = 4, signal = never) =>
    outcomeOf(scheduler.run(tokenRequest(prompt, maxTokens), signal));
  return { stepper, scheduler, ask };
}

function assertAnswers(outcomes: readonly Outcome[], prompts: readonly (readonly number[])[]): void {
  outcomes.forEach(({ tokens, end, error }, index) => {
    assert.equal(error, undefined);
    assert.equal(end, 'length');
    assert.deepEqual(tokens, expectedTokens(prompts[index] ?? [], tokens.length, new Set()));
  });
}

/** How often the token was computed. */
function timesRead(stepper: FakeStepper, token: number): number {
  return stepper.plans.flat().reduce((sum, { tokens }) => sum + tokens.filter((one) => one === token).length, 0);
}

test('a prefix that eight requests share is read once, and copied to the others', async () => {
  const { stepper, scheduler, ask } = world();
  const prompts = Array.from({ length: 8 }, (_, index) => [...prefix, ...tail(index)]);
  const outcomes = await Promise.all(prompts.map((prompt) => ask(prompt)));
  assertAnswers(outcomes, prompts);
  for (const token of prefix) assert.equal(timesRead(stepper, token), 1, `token ${token}`);
  assert.deepEqual(
    outcomes.map(({ cachedTokens }) => cachedTokens),
    [0, 500, 500, 500, 500, 500, 500, 500],
  );
  assert.equal(stepper.copies.length, 7);
  const { promptTokensRead, promptTokensUnique } = scheduler.stats();
  assert.deepEqual([promptTokensRead, promptTokensUnique], [580, 580]);
});

test('of n identical prompts each but the first reads one token', async () => {
  const { scheduler, ask } = world();
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => ask(prefix)));
  assertAnswers(
    outcomes,
    Array.from(outcomes, () => prefix),
  );
  assert.deepEqual(
    outcomes.map(({ cachedTokens }) => cachedTokens),
    [0, 499, 499, 499, 499],
  );
  assert.equal(scheduler.stats().promptTokensRead, 504);
});

test('with fewer slots than requests the prefix is still read once', async () => {
  const { stepper, ask } = world({ slots: 2 });
  const prompts = Array.from({ length: 6 }, (_, index) => [...prefix, ...tail(index)]);
  assertAnswers(await Promise.all(prompts.map((prompt) => ask(prompt, 1 + (prompt.at(-1) ?? 0) / 100 - 100))), prompts);
  for (const token of prefix) assert.equal(timesRead(stepper, token), 1, `token ${token}`);
});

test('who waits for a prefix holds no slot, and others pass', async () => {
  const { stepper, scheduler, ask } = world({
    slots: 3,
    onStep: (_plan, step) => {
      if (step !== 3) return;
      const { slotsBusy, queued } = scheduler.stats();
      assert.deepEqual([slotsBusy, queued], [2, 4]);
    },
  });
  const shared = Array.from({ length: 5 }, (_, index) => [...prefix, ...tail(index)]);
  const other = tail(50, 300);
  const prompts = [...shared, other];
  assertAnswers(await Promise.all(prompts.map((prompt) => ask(prompt))), prompts);
  assert.equal(stepper.begun[1]?.request.prompt, other);
  for (const token of prefix) assert.equal(timesRead(stepper, token), 1, `token ${token}`);
});

test('when the first leaves at whatever step, the next goes on from what is read, and nobody is lost', async () => {
  for (let leavesAt = 0; leavesAt <= 14; leavesAt += 1) {
    const leaver = new AbortController();
    const { stepper, scheduler, ask } = world({
      onStep: (_plan, step) => {
        if (step === leavesAt) leaver.abort();
      },
    });
    const prompts = Array.from({ length: 5 }, (_, index) => [...prefix, ...tail(index)]);
    const [first, ...others] = prompts.map((prompt, index) => ask(prompt, 4, index === 0 ? leaver.signal : never));
    if (leavesAt === 0) leaver.abort();
    assertAnswers(await Promise.all(others), prompts.slice(1));
    await first;
    // Fewer tokens than 64 are not worth waiting for: once no more are left, each reads them itself.
    const alone = 500 - 64 * leavesAt < 64 ? 64 * leavesAt : 500;
    for (const token of prefix.slice(0, alone)) {
      assert.equal(timesRead(stepper, token), 1, `left at ${leavesAt}: token ${token}`);
    }
    assertIdle(scheduler);
  }
});

test('when one after the other leaves, the last still gets its answer and nothing is read twice', async () => {
  const leavers = Array.from({ length: 5 }, () => new AbortController());
  const { stepper, scheduler, ask } = world({ onStep: (_plan, step) => leavers[step - 1]?.abort() });
  const prompts = Array.from({ length: 6 }, (_, index) => [...prefix, ...tail(index)]);
  const outcomes = await Promise.all(prompts.map((prompt, index) => ask(prompt, 4, leavers[index]?.signal ?? never)));
  assertAnswers(outcomes.slice(5), prompts.slice(5));
  assert.ok(outcomes.slice(0, 5).every(({ error }) => error instanceof InferenceError && error.code === 'aborted'));
  for (const token of prefix) assert.equal(timesRead(stepper, token), 1, `token ${token}`);
  assertIdle(scheduler);
});

test('a request that leaves while it waits disturbs nobody', async () => {
  for (let leavesAt = 1; leavesAt <= 12; leavesAt += 1) {
    const leaver = new AbortController();
    const { scheduler, ask } = world({
      onStep: (_plan, step) => {
        if (step === leavesAt) leaver.abort();
      },
    });
    const prompts = Array.from({ length: 4 }, (_, index) => [...prefix, ...tail(index)]);
    const outcomes = await Promise.all(
      prompts.map((prompt, index) => ask(prompt, 4, index === 1 ? leaver.signal : never)),
    );
    assertAnswers(
      outcomes.filter((_, index) => index !== 1),
      prompts.filter((_, index) => index !== 1),
    );
    assertIdle(scheduler);
  }
});

test('when the step of the first fails, those who wait read on their own and get their answers', async () => {
  const { stepper, scheduler, ask } = world({
    onStep: (_plan, step) => {
      if (step === 4) throw new Error('native');
    },
  });
  const prompts = Array.from({ length: 4 }, (_, index) => [...prefix, ...tail(index)]);
  const [first, ...others] = await Promise.all(prompts.map((prompt) => ask(prompt)));
  assert.ok(first?.error instanceof InferenceError && first.error.code === 'model_failed');
  assertAnswers(others, prompts.slice(1));
  // One of them read it anew, for all.
  assert.equal(timesRead(stepper, prefix[400] ?? 0), 1);
  assertIdle(scheduler);
});

test('a request that could have had a slot is not refused while it waits for a prefix', async () => {
  const { ask } = world({}, { maxQueueWaitMs: 200 });
  const prompts = [0, 1].map((index) => [...prefix, ...tail(index)]);
  assertAnswers(await Promise.all(prompts.map((prompt) => ask(prompt))), prompts);
});

test('a request that waits for a slot is refused in time, whoever reads its prefix', async () => {
  const { ask, scheduler } = world({ slots: 1 }, { maxQueueWaitMs: 200 });
  const [first, second] = await Promise.all([0, 1].map((index) => ask([...prefix, ...tail(index)])));
  assert.equal(first?.end, 'length');
  assert.ok(second?.error instanceof InferenceError && second.error.code === 'overloaded');
  assertIdle(scheduler);
});

test('where a copy costs more than reading, all read at once and nobody waits', async () => {
  const { stepper, ask } = world({ slots: 3, copyMs: () => 10_000 });
  // What reading costs is known once something was read.
  await ask(tail(90, 100), 1);
  const prompts = Array.from({ length: 3 }, (_, index) => [...prefix, ...tail(index)]);
  const outcomes = await Promise.all(prompts.map((prompt) => ask(prompt)));
  assertAnswers(outcomes, prompts);
  assert.equal(stepper.copies.length, 0);
  assert.ok(outcomes.every(({ cachedTokens }) => cachedTokens === 0));
  assert.equal(stepper.plans[2]?.length, 2);
});

test('an engine that cannot copy still reads every prompt', async () => {
  const { stepper, ask } = world({ slots: 3, copyMs: () => Infinity });
  const prompts = Array.from({ length: 5 }, (_, index) => [...prefix, ...tail(index)]);
  assertAnswers(await Promise.all(prompts.map((prompt) => ask(prompt))), prompts);
  assert.equal(stepper.copies.length, 0);
});

test('without prefix reuse nothing is copied, kept or waited for', async () => {
  const { stepper, scheduler, ask } = world({ slots: 3 }, { prefixReuse: false });
  const prompts = [0, 1, 2, 0].map((index) => [...prefix, ...tail(index)]);
  const outcomes = [...(await Promise.all(prompts.map((prompt) => ask(prompt)))), await ask(prompts[0] ?? [])];
  assertAnswers(outcomes, [...prompts, prompts[0] ?? []]);
  assert.ok(outcomes.every(({ cachedTokens }) => cachedTokens === 0));
  assert.equal(stepper.copies.length, 0);
  assert.equal(scheduler.stats().promptTokensRead, 5 * 510);
  assert.ok(stepper.plans.slice(0, 8).some((plan) => plan.length > 1));
});

test('a model that cannot forget a tail answers right, and what it reports as cached is true', async () => {
  const { scheduler, ask } = world({ slots: 3, forgetsAll: true });
  const prompts = Array.from({ length: 6 }, (_, index) => [...prefix, ...tail(index % 4)]);
  const outcomes = await Promise.all(prompts.map((prompt) => ask(prompt)));
  assertAnswers(outcomes, prompts);
  const cached = outcomes.reduce((sum, { cachedTokens }) => sum + (cachedTokens ?? 0), 0);
  const { promptTokens, promptTokensRead, promptTokensCached } = scheduler.stats();
  assert.equal(promptTokensCached, cached);
  assert.equal(promptTokensRead, promptTokens - cached);
});

test('a conversation that shares only its beginning is copied from, not destroyed', async () => {
  const { stepper, ask } = world({ slots: 2 });
  const first = [...prefix, ...tail(0, 800 - 300)].slice(0, 900);
  const { tokens } = await ask(first);
  const other = [...prefix.slice(0, 200), ...tail(90)];
  assert.equal((await ask(other)).cachedTokens, 200);
  assert.deepEqual(stepper.copies, [{ from: 0, to: 1, length: 200 }]);
  const continued = await ask([...first, ...tokens, ...tail(91)]);
  assert.equal(continued.cachedTokens, 903);
});

test('a model that is unloaded while somebody waits for a prefix fails all of them', async () => {
  for (const turns of [0, 1, 2, 5, 9, 20, 40]) {
    const { stepper, scheduler, ask } = world();
    const outcomes = Array.from({ length: 4 }, (_, index) => ask([...prefix, ...tail(index)]));
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    await scheduler.dispose();
    for (const { error, end } of await Promise.all(outcomes)) {
      assert.ok(end === 'length' || (error instanceof InferenceError && error.code === 'model_failed'));
    }
    assert.equal(stepper.disposed, true);
    assertIdle(scheduler);
  }
});
