import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { outcomeOf, promptOf, roomy, tokenRequest } from '../support/token-requests.ts';

const never = new AbortController().signal;

test('a step that reads stays within its budget, beside others and alone', async () => {
  const clock = new FakeClock();
  const lengths: { decoders: number; prompt: number; ms: number }[] = [];
  const stepper = new FakeStepper({
    clock,
    batchSize: 512,
    contextSize: 9000,
    fixedMs: 5,
    perTokenMs: 1,
    onStep: (plan) => {
      const tokens = plan.reduce((sum, entry) => sum + entry.tokens.length, 0);
      const decoders = plan.filter((entry) => entry.sample && entry.tokens.length === 1).length;
      lengths.push({ decoders, prompt: tokens - decoders, ms: 5 + tokens });
    },
  });
  const scheduler = new Scheduler(stepper, { ...roomy, stepBudgetMs: 60 }, clock);
  const decoder = outcomeOf(scheduler.run(tokenRequest([1], 200), never));
  while (stepper.plans.length < 5) await new Promise(setImmediate);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(2000), 2), never));
  await decoder;
  const mixed = lengths.filter(({ decoders, prompt }) => decoders > 0 && prompt > 0);
  assert.ok(mixed.length > 10, `${mixed.length} mixed steps`);
  assert.ok(
    mixed.slice(1).every(({ ms }) => ms <= 66),
    `longest ${Math.max(...mixed.map(({ ms }) => ms))} ms`,
  );
  // Most of the prompt goes in steps that use the budget well.
  assert.ok(mixed.filter(({ ms }) => ms > 40).length > mixed.length / 2);
  lengths.length = 0;
  await outcomeOf(scheduler.run(tokenRequest(promptOf(2000, 4000), 2), never));
  assert.ok(
    lengths.every(({ ms }) => ms <= 66),
    `longest ${Math.max(...lengths.map(({ ms }) => ms))} ms`,
  );
  assert.ok(lengths.length < 45, `${lengths.length} steps`);
});

test('a fast engine reads whole batches', async () => {
  const clock = new FakeClock();
  const stepper = new FakeStepper({ clock, batchSize: 512, contextSize: 9000, fixedMs: 1, perTokenMs: 0.01 });
  const scheduler = new Scheduler(stepper, { ...roomy, stepBudgetMs: 60 }, clock);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(5000), 1), never));
  assert.equal(stepper.plans.filter((plan) => plan[0]?.tokens.length === 512).length, 9);
});

test('a short prompt is not held up by a long one before it', async () => {
  const stepper = new FakeStepper({ slots: 2, batchSize: 64, contextSize: 9000 });
  const scheduler = new Scheduler(stepper, roomy);
  const long = outcomeOf(scheduler.run(tokenRequest(promptOf(5000), 1), never));
  await outcomeOf(scheduler.run(tokenRequest(promptOf(20, 7000), 1), never));
  assert.ok(stepper.plans.length < 10, `${stepper.plans.length} steps`);
  await long;
});

test('one slow moment does not make chunks small, nor large, for long', async () => {
  const clock = new FakeClock();
  const chunks: number[] = [];
  let slow = false;
  const stepper = new FakeStepper({
    slots: 2,
    clock,
    batchSize: 512,
    contextSize: 90_000,
    fixedMs: 10,
    perTokenMs: 1,
    onStep: (plan) => {
      const prompt = plan.find(({ tokens }) => tokens.length > 1)?.tokens.length;
      if (prompt !== undefined) chunks.push(prompt);
      if (slow) clock.advance(1000);
      slow = false;
    },
  });
  const scheduler = new Scheduler(stepper, { ...roomy, stepBudgetMs: 100 }, clock);
  const decoder = outcomeOf(scheduler.run(tokenRequest([1], 400), never));
  while (stepper.plans.length < 5) await new Promise(setImmediate);
  slow = true;
  const steps = stepper.plans.length;
  while (stepper.plans.length < steps + 2) await new Promise(setImmediate);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(6000), 1), never));
  await decoder;
  const settled = chunks.slice(5, -1);
  assert.ok(settled.length > 30 && settled.every((chunk) => chunk > 60 && chunk < 130), chunks.join(' '));
});

test('beside decoders a prompt gets more than half of each step, however small the budget, and no step takes thrice the usual', async () => {
  const clock = new FakeClock();
  const steps: { prompt: number; ms: number }[] = [];
  const stepper = new FakeStepper({
    clock,
    batchSize: 512,
    contextSize: 9000,
    fixedMs: 30,
    perTokenMs: 1,
    onStep: (plan) => {
      const tokens = plan.reduce((sum, entry) => sum + entry.tokens.length, 0);
      const decoders = plan.filter((entry) => entry.sample && entry.tokens.length === 1).length;
      if (decoders > 0 && tokens > decoders) steps.push({ prompt: tokens - decoders, ms: 30 + tokens });
    },
  });
  const scheduler = new Scheduler(stepper, { ...roomy, stepBudgetMs: 1 }, clock);
  const decoder = outcomeOf(scheduler.run(tokenRequest([1], 200), never));
  while (stepper.plans.length < 5) await new Promise(setImmediate);
  await outcomeOf(scheduler.run(tokenRequest(promptOf(2000), 1), never));
  await decoder;
  const settled = steps.slice(1, -1);
  assert.ok(settled.length > 30);
  for (const { prompt, ms } of settled) assert.ok(prompt * 2 > ms && ms < 3 * 31, `${prompt} tokens in ${ms} ms`);
});
