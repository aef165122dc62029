import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ModelStats } from '../../src/contract/model.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeStepper, nextToken } from '../support/fake-stepper.ts';
import { outcomeOf, promptOf, roomy, tokenRequest } from '../support/token-requests.ts';

const never = new AbortController().signal;

/** The prompt's tokens: all, read, cached, unique. */
function promptTokens(stats: ModelStats): number[] {
  return [stats.promptTokens, stats.promptTokensRead, stats.promptTokensCached, stats.promptTokensUnique];
}

test('counts every token of known requests, the steps and their time', async () => {
  const clock = new FakeClock();
  const scheduler = new Scheduler(new FakeStepper({ clock, fixedMs: 5, batchSize: 40 }), roomy, clock);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(100), 3), never));
  assert.deepEqual(scheduler.stats(), {
    slots: 2,
    slotsBusy: 0,
    queued: 0,
    promptTokens: 100,
    promptTokensRead: 100,
    promptTokensCached: 0,
    promptTokensUnique: 100,
    completionTokens: 3,
    steps: 5,
    stepMs: 25,
    admitted: 1,
    outcomes: { eos: 0, length: 1, left: 0, refused: 0, failed: 0 },
  });
  // The same again reads its last token alone; a prompt that goes on reads what is new.
  await outcomeOf(scheduler.run(tokenRequest(promptOf(100), 1), never));
  assert.deepEqual(promptTokens(scheduler.stats()), [200, 101, 99, 100]);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(110), 1), never));
  assert.deepEqual(promptTokens(scheduler.stats()), [310, 111, 199, 110]);
  assert.equal(scheduler.stats().completionTokens, 5);
});

test('what is read and what is cached make up the prompts of requests that all came to their end', async () => {
  const prompt = fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(prompt, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (prompts, slots) => {
        const stepper = new FakeStepper({ slots, batchSize: 16, immediate: true });
        const scheduler = new Scheduler(stepper, roomy);
        await Promise.all(prompts.map((one) => outcomeOf(scheduler.run(tokenRequest(one, 2), never))));
        const [all = 0, read = 0, cached = 0, unique = 0] = promptTokens(scheduler.stats());
        assert.equal(
          all,
          prompts.reduce((sum, one) => sum + one.length, 0),
        );
        assert.equal(read + cached, all);
        const prefixes = prompts.flatMap((one) => one.map((_, index) => one.slice(0, index + 1).join(' ')));
        assert.equal(unique, new Set(prefixes).size);
        // A step takes a decoder's last token for each of the tokens sampled but a completion's last.
        const stepped = stepper.plans.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
        assert.equal(read, stepped - prompts.length);
        assert.equal(scheduler.stats().steps, stepper.plans.length);
      },
    ),
    { numRuns: 100 },
  );
});

test('a prompt that is read again shows as read and not as unique', async () => {
  const scheduler = new Scheduler(new FakeStepper({ slots: 1, forgetsAll: true }), roomy);
  for (let times = 0; times < 2; times++) await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 2), never));
  assert.deepEqual(promptTokens(scheduler.stats()), [100, 100, 0, 50]);
});

test('an answer that comes back in a prompt is unique, though its slot still had it', async () => {
  const scheduler = new Scheduler(new FakeStepper(), roomy);
  const { tokens } = await outcomeOf(scheduler.run(tokenRequest(promptOf(50), 4), never));
  await outcomeOf(scheduler.run(tokenRequest([...promptOf(50), ...tokens, 7], 1), never));
  assert.deepEqual(promptTokens(scheduler.stats()), [105, 52, 53, 55]);
});

test('counts how requests end', async () => {
  const eos = nextToken(promptOf(9));
  const cancelled = new AbortController();
  const scheduler = new Scheduler(new FakeStepper({ slots: 1 }), { ...roomy, maxQueue: 0, endTokens: new Set([eos]) });
  const run = (signal = never): Promise<unknown> => outcomeOf(scheduler.run(tokenRequest(promptOf(9), 5), signal));
  await Promise.all([run(), run()]);
  assert.deepEqual(scheduler.stats().outcomes, { eos: 1, length: 0, left: 0, refused: 1, failed: 0 });
  for await (const event of scheduler.run(tokenRequest(promptOf(20), 900), cancelled.signal)) {
    if (event.type === 'token') break;
  }
  const aborted = outcomeOf(scheduler.run(tokenRequest(promptOf(30), 900), cancelled.signal));
  cancelled.abort();
  await aborted;
  const { outcomes, admitted } = scheduler.stats();
  assert.deepEqual(outcomes, { eos: 1, length: 0, left: 2, refused: 1, failed: 0 });
  assert.equal(admitted, 2);
});

test('a wait that was too long is a refusal, and a step that failed counts no tokens', async () => {
  const clock = new FakeClock();
  const onStep = (): void => {
    clock.advance(1000);
    throw new Error('native');
  };
  const scheduler = new Scheduler(
    new FakeStepper({ slots: 1, clock, onStep }),
    { ...roomy, maxQueueWaitMs: 100 },
    clock,
  );
  const runs = await Promise.all(
    [9, 12].map((length) => outcomeOf(scheduler.run(tokenRequest(promptOf(length), 5), never))),
  );
  assert.ok(runs.every(({ error }) => error instanceof InferenceError));
  const stats = scheduler.stats();
  assert.deepEqual(stats.outcomes, { eos: 0, length: 0, left: 0, refused: 1, failed: 1 });
  assert.deepEqual([stats.steps, stats.stepMs, ...promptTokens(stats)], [0, 0, 9, 0, 0, 9]);
});
