import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { assertIdle, outcomeOf, promptOf, roomy, tokenRequest } from '../support/token-requests.ts';

const never = new AbortController().signal;

function assertCode(error: unknown, code: InferenceError['code']): asserts error is InferenceError {
  assert.ok(error instanceof InferenceError, String(error));
  assert.equal(error.code, code);
}

test('reads a prompt in chunks and samples its first token in the last of them', async () => {
  const stepper = new FakeStepper({ batchSize: 40 });
  const { tokens, end } = await outcomeOf(new Scheduler(stepper, roomy).run(tokenRequest(promptOf(100), 3), never));
  assert.deepEqual(
    stepper.plans.map((plan) => plan.map((entry) => [entry.tokens.length, entry.sample])),
    [[[40, false]], [[40, false]], [[20, true]], [[1, true]], [[1, true]]],
  );
  assert.equal(tokens.length, 3);
  assert.equal(end, 'length');
});

test('a continued conversation reads only what is new', async () => {
  const stepper = new FakeStepper();
  const scheduler = new Scheduler(stepper, roomy);
  const prompt = promptOf(50);
  const first = await outcomeOf(scheduler.run(tokenRequest(prompt, 4), never));
  assert.equal(first.cachedTokens, 0);
  const next = [...prompt, ...first.tokens, ...promptOf(10, 500)];
  const second = await outcomeOf(scheduler.run(tokenRequest(next, 2), never));
  // The last token of the first answer was sampled, but never read.
  assert.equal(second.cachedTokens, 53);
  const edited = await outcomeOf(scheduler.run(tokenRequest([...promptOf(30), 999], 2), never));
  assert.equal(edited.cachedTokens, 30);
});

test('the same prompt again reads its last token, to sample from it', async () => {
  const scheduler = new Scheduler(new FakeStepper(), roomy);
  const first = await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 5), never));
  const second = await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 5), never));
  assert.equal(second.cachedTokens, 49);
  assert.deepEqual(second.tokens, first.tokens);
});

test('another conversation takes an empty slot before it overwrites one that is remembered', async () => {
  const scheduler = new Scheduler(new FakeStepper({ slots: 3 }), roomy);
  const prompts = [promptOf(40), promptOf(40, 100), promptOf(40, 200)];
  for (const prompt of prompts) await outcomeOf(scheduler.run(tokenRequest(prompt, 1), never));
  for (const prompt of prompts) {
    const { cachedTokens } = await outcomeOf(scheduler.run(tokenRequest([...prompt, 7], 1), never));
    assert.equal(cachedTokens, 40);
  }
});

test('a model that cannot forget a tail reads the whole prompt again', async () => {
  const scheduler = new Scheduler(new FakeStepper({ slots: 1, forgetsAll: true }), roomy);
  const first = await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 5), never));
  const second = await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 5), never));
  assert.equal(second.cachedTokens, 0);
  assert.deepEqual(second.tokens, first.tokens);
});

test('refuses past the queue limit at once, with the numbers and a time to come back', async () => {
  const scheduler = new Scheduler(new FakeStepper({ slots: 2 }), { ...roomy, maxQueue: 3 });
  const runs = Array.from({ length: 6 }, () => outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), never)));
  const outcomes = await Promise.all(runs);
  const refused = outcomes.at(-1)?.error;
  assertCode(refused, 'overloaded');
  assert.match(refused.message, /2 slots .* wait/);
  assert.equal(refused.retryAfter, 1);
  assert.ok(outcomes.slice(0, 5).every(({ end }) => end === 'length'));
});

test('with a queue of 0 every slot can be used, and nobody waits', async () => {
  const scheduler = new Scheduler(new FakeStepper({ slots: 2 }), { ...roomy, maxQueue: 0 });
  const outcomes = await Promise.all(
    Array.from({ length: 3 }, () => outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), never))),
  );
  assert.deepEqual(
    outcomes.map(({ end }) => end),
    ['length', 'length', undefined],
  );
});

test('refuses a request that has waited too long, and only that', async () => {
  const clock = new FakeClock();
  const stepper = new FakeStepper({ slots: 1, clock, fixedMs: 10 });
  const scheduler = new Scheduler(stepper, { ...roomy, maxQueueWaitMs: 100 }, clock);
  const [first, second] = await Promise.all([
    outcomeOf(scheduler.run(tokenRequest(promptOf(9), 20), never)),
    outcomeOf(scheduler.run(tokenRequest(promptOf(9), 20), never)),
  ]);
  assert.equal(first.end, 'length');
  assertCode(second.error, 'overloaded');
  assertIdle(scheduler);
});

test('a cancelled request ends at once for its reader, and its slot is free before the next step', async () => {
  const controller = new AbortController();
  const stepper = new FakeStepper({
    slots: 1,
    batchSize: 10,
    onStep: (_plan, step) => {
      if (step === 2) controller.abort(new InferenceError('timeout', 'too slow'));
    },
  });
  const scheduler = new Scheduler(stepper, roomy);
  const { error } = await outcomeOf(scheduler.run(tokenRequest(promptOf(100), 5), controller.signal));
  assertCode(error, 'timeout');
  const { cachedTokens } = await outcomeOf(scheduler.run(tokenRequest(promptOf(100), 5), never));
  assert.equal(stepper.plans[2]?.[0]?.tokens[0], 21);
  assert.equal(cachedTokens, 20);
});

test('a reader that leaves the iteration frees the slot', async () => {
  const stepper = new FakeStepper({ slots: 1 });
  const scheduler = new Scheduler(stepper, roomy);
  for await (const event of scheduler.run(tokenRequest(promptOf(5), 900), never)) {
    if (event.type === 'token') break;
  }
  const { end } = await outcomeOf(scheduler.run(tokenRequest(promptOf(5), 3), never));
  assert.equal(end, 'length');
  assert.ok(stepper.plans.length < 10, `${stepper.plans.length} steps`);
});

test('a failed step fails its requests, empties their slots, and the next ones go on', async () => {
  const stepper = new FakeStepper({
    slots: 2,
    onStep: (_plan, step) => {
      if (step === 3) throw new Error('native');
    },
  });
  const scheduler = new Scheduler(stepper, roomy);
  const outcomes = await Promise.all(
    [0, 1, 2].map((index) => outcomeOf(scheduler.run(tokenRequest(promptOf(9, index * 50), 5), never))),
  );
  assertCode(outcomes[0]?.error, 'model_failed');
  assertCode(outcomes[1]?.error, 'model_failed');
  assert.equal(outcomes[2]?.end, 'length');
  assert.equal(outcomes[2]?.cachedTokens, 0);
});

test('an engine that cannot even be emptied closes the model with a 503 for all', async () => {
  class Broken extends FakeStepper {
    override trim(): Promise<number> {
      return Promise.reject(new Error('gone'));
    }
  }
  const stepper = new Broken({
    onStep: () => {
      throw new Error('native');
    },
  });
  const scheduler = new Scheduler(stepper, roomy);
  assertCode((await outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), never))).error, 'model_failed');
  const { error } = await outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), never));
  assertCode(error, 'model_failed');
  assert.equal(error.retryAfter, 30);
  assert.equal(await scheduler.broken, error);
  assertIdle(scheduler);
});

test('end tokens end a generation, but not before the minimum', async () => {
  const anything = new Set(Array.from({ length: 1000 }, (_, id) => id));
  const settings = { ...roomy, endTokens: anything };
  const early = await outcomeOf(new Scheduler(new FakeStepper(), settings).run(tokenRequest(promptOf(9), 50), never));
  assert.deepEqual([early.tokens.length, early.end], [1, 'eos']);
  const later = await outcomeOf(
    new Scheduler(new FakeStepper(), settings).run(tokenRequest(promptOf(9), 50, 7), never),
  );
  assert.deepEqual([later.tokens.length, later.end], [8, 'eos']);
  const full = await outcomeOf(
    new Scheduler(new FakeStepper(), settings).run(tokenRequest(promptOf(9), 50, 50), never),
  );
  assert.deepEqual([full.tokens.length, full.end], [50, 'length']);
});

test('an unloaded model fails what runs and waits, and takes nothing more', async () => {
  const stepper = new FakeStepper({ slots: 1 });
  const scheduler = new Scheduler(stepper, roomy);
  const running = outcomeOf(scheduler.run(tokenRequest(promptOf(5), 900), never));
  const waiting = outcomeOf(scheduler.run(tokenRequest(promptOf(5), 900), never));
  await new Promise(setImmediate);
  await scheduler.dispose();
  assertCode((await running).error, 'model_failed');
  assertCode((await waiting).error, 'model_failed');
  assertCode((await outcomeOf(scheduler.run(tokenRequest([1], 1), never))).error, 'model_failed');
  assert.equal(stepper.disposed, true);
});

test('a request that comes in whatever moment of the last admission is not forgotten', async () => {
  for (let abortAt = 0; abortAt < 12; abortAt += 1) {
    for (let comeAt = 0; comeAt < 12; comeAt += 1) {
      const scheduler = new Scheduler(new FakeStepper({ slots: 1, immediate: true }), roomy);
      const controller = new AbortController();
      const first = outcomeOf(scheduler.run(tokenRequest(promptOf(5), 3), controller.signal));
      for (let tick = 0; tick < abortAt; tick += 1) await Promise.resolve();
      controller.abort();
      for (let tick = 0; tick < comeAt; tick += 1) await Promise.resolve();
      const second = outcomeOf(scheduler.run(tokenRequest(promptOf(5), 3), never));
      const late = new Promise<'late'>((resolve) => setTimeout(resolve, 2000, 'late').unref());
      assert.notEqual(await Promise.race([second, late]), 'late', `abort at ${abortAt}, next at ${comeAt}`);
      await first;
    }
  }
});

test('a patient request waits longer than the others may', async () => {
  const clock = new FakeClock();
  const scheduler = new Scheduler(
    new FakeStepper({ slots: 1, clock, fixedMs: 10 }),
    { ...roomy, maxQueueWaitMs: 100 },
    clock,
  );
  const [, second] = await Promise.all([
    outcomeOf(scheduler.run(tokenRequest(promptOf(9), 50), never)),
    outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), never, true)),
  ]);
  assert.equal(second.end, 'length');
});
