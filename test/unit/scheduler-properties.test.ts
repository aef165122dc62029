import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { expectedTokens, FakeStepper } from '../support/fake-stepper.ts';
import { assertIdle, outcomeOf, promptOf, roomy, tokenRequest, type Outcome } from '../support/token-requests.ts';

/** A request of the random day: its prompt begins with one of three shared beginnings, it comes and may go at a step. */
const wish = fc.record({
  shared: fc.integer({ min: 0, max: 2 }),
  /** How much of the shared beginning it has. */
  sharedTokens: fc.constantFrom(1, 20, 100, 200),
  own: fc.integer({ min: 1, max: 90 }),
  maxTokens: fc.integer({ min: 1, max: 12 }),
  minTokens: fc.integer({ min: 0, max: 3 }),
  comesAt: fc.integer({ min: 0, max: 25 }),
  goesAt: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
});

const day = fc.record({
  slots: fc.integer({ min: 1, max: 5 }),
  batchSize: fc.integer({ min: 5, max: 70 }),
  forgetsAll: fc.boolean(),
  copyMs: fc.constantFrom(0, 5, Infinity),
  prefixReuse: fc.boolean(),
  perTokenMs: fc.constantFrom(0, 1, 7),
  wishes: fc.array(wish, { minLength: 1, maxLength: 14 }),
});

type Day = typeof day extends fc.Arbitrary<infer T> ? T : never;

interface Run {
  stepper: FakeStepper;
  scheduler: Scheduler;
  outcomes: Outcome[];
  /** Wishes in the order in which they were submitted. */
  submitted: number[];
  prompts: number[][];
  endTokens: ReadonlySet<number>;
}

/** A hundredth of the tokens end a generation, so that some requests end early. */
const endTokens = new Set(Array.from({ length: 100 }, (_, index) => index * 10));

async function live({ slots, batchSize, forgetsAll, copyMs, prefixReuse, perTokenMs, wishes }: Day): Promise<Run> {
  const clock = new FakeClock();
  const controllers = wishes.map(() => new AbortController());
  const prompts = wishes.map(({ shared, sharedTokens, own }, index) => [
    ...promptOf(sharedTokens, 20_000 + shared * 1000),
    ...promptOf(own, 1000 * index),
  ]);
  const pending: Promise<Outcome>[] = [];
  const submitted: number[] = [];
  const happen = (step: number): void => {
    wishes.forEach(({ comesAt, maxTokens, minTokens }, index) => {
      if (pending[index] !== undefined || comesAt > step) return;
      const request = tokenRequest(prompts[index] ?? [], maxTokens, Math.min(minTokens, maxTokens));
      submitted.push(index);
      pending[index] = outcomeOf(scheduler.run(request, controllers[index]?.signal ?? assert.fail()));
    });
    wishes.forEach(({ goesAt }, index) => {
      if (goesAt !== undefined && goesAt <= step) controllers[index]?.abort();
    });
  };
  const stepper = new FakeStepper({
    slots,
    batchSize,
    forgetsAll,
    copyMs: () => copyMs,
    perTokenMs,
    clock,
    onStep: (_plan, step) => happen(step),
  });
  const scheduler = new Scheduler(stepper, { ...roomy, prefixReuse, endTokens }, clock);
  happen(0);
  // A quiet moment ends the steps; the next wishes then come without one.
  for (let step = 0; pending.filter(Boolean).length < wishes.length; step += 1) {
    await Promise.all(pending);
    happen(step);
  }
  const outcomes = await Promise.all(pending);
  return { stepper, scheduler, outcomes, submitted, prompts, endTokens };
}

test('every answer is what it would be alone, whoever comes and goes beside it', async () => {
  await fc.assert(
    fc.asyncProperty(day, async (given) => {
      const { outcomes, prompts } = await live(given);
      outcomes.forEach((outcome, index) => {
        const wished = given.wishes[index] ?? assert.fail();
        const minimum = Math.min(wished.minTokens, wished.maxTokens);
        const alone = expectedWithMinimum(prompts[index] ?? [], wished.maxTokens, minimum);
        if (outcome.error === undefined) assert.deepEqual(outcome.tokens, alone);
        else {
          assert.notEqual(wished.goesAt, undefined, String(outcome.error));
          assert.deepEqual(outcome.tokens, alone.slice(0, outcome.tokens.length));
        }
      });
    }),
    { numRuns: 150 },
  );
});

/** The fake engine does not suppress end tokens, so before the minimum they count as any other. */
function expectedWithMinimum(prompt: readonly number[], maxTokens: number, minTokens: number): number[] {
  const first = expectedTokens(prompt, minTokens, new Set());
  return [...first, ...expectedTokens([...prompt, ...first], maxTokens - minTokens, endTokens)];
}

test('no slot and no place in the queue leaks, whatever is cancelled when', async () => {
  await fc.assert(
    fc.asyncProperty(day, async (given) => {
      const { scheduler, stepper } = await live(given);
      const again = Array.from({ length: stepper.slots }, (_, index) =>
        outcomeOf(scheduler.run(tokenRequest(promptOf(30, 5000 * (index + 1)), 3, 3), new AbortController().signal)),
      );
      const before = stepper.plans.length;
      assert.ok((await Promise.all(again)).every(({ end }) => end === 'length'));
      const widest = Math.max(...stepper.plans.slice(before).map((plan) => plan.length));
      assert.ok(
        stepper.batchSize < stepper.slots * 32 || widest === stepper.slots,
        `${widest} of ${stepper.slots} slots`,
      );
      await scheduler.dispose();
      assertIdle(scheduler);
    }),
    { numRuns: 100 },
  );
});

test('requests get their slots in the order in which they came, where none waits for a prefix', async () => {
  await fc.assert(
    fc.asyncProperty(day, fc.constantFrom('off', 'dear', 'apart'), async (given, why) => {
      const { stepper, submitted, prompts } = await live({
        ...given,
        prefixReuse: why !== 'off',
        copyMs: why === 'dear' ? Infinity : given.copyMs,
        // Nothing that is worth waiting for is shared.
        wishes: given.wishes.map((one) => ({ ...one, sharedTokens: why === 'apart' ? 20 : one.sharedTokens })),
      });
      const order = stepper.begun.map(({ request }) => prompts.indexOf(request.prompt as number[]));
      const positions = order.map((index) => submitted.indexOf(index));
      assert.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 100 },
  );
});

test('no decoder is ever skipped: once it has its first token, it is in every step until it ends', async () => {
  await fc.assert(
    fc.asyncProperty(day, async (given) => {
      const { stepper } = await live({ ...given, wishes: given.wishes.map((one) => ({ ...one, goesAt: undefined })) });
      const sampled = given.wishes.reduce((sum, _, index) => sum + lengthOf(given, index), 0);
      assert.equal(stepper.plans.flat().filter(({ sample }) => sample).length, sampled);
      assert.ok(gapless(stepper, given));
    }),
    { numRuns: 100 },
  );

  function lengthOf(given: Day, index: number): number {
    const wished = given.wishes[index] ?? assert.fail();
    const prompt = [
      ...promptOf(wished.sharedTokens, 20_000 + wished.shared * 1000),
      ...promptOf(wished.own, 1000 * index),
    ];
    return expectedWithMinimum(prompt, wished.maxTokens, Math.min(wished.minTokens, wished.maxTokens)).length;
  }

  /** Each request's sampled tokens lie in consecutive steps. */
  function gapless(stepper: FakeStepper, given: Day): boolean {
    const remaining = new Map<number, number>();
    const beginnings = [...stepper.begun];
    return stepper.plans.every((plan) => {
      for (const slot of remaining.keys()) if (!plan.some((entry) => entry.slot === slot && entry.sample)) return false;
      for (const entry of plan.filter(({ sample }) => sample)) {
        let left = remaining.get(entry.slot);
        if (left === undefined) {
          const at = beginnings.findIndex(({ slot }) => slot === entry.slot);
          const [begun] = beginnings.splice(at, 1);
          const index = given.wishes.findIndex((_, i) => begun?.request.prompt.at(-1) === lastOf(given, i));
          left = lengthOf(given, index);
        }
        if (left === 1) remaining.delete(entry.slot);
        else remaining.set(entry.slot, left - 1);
      }
      return true;
    });
  }

  function lastOf(given: Day, index: number): number {
    return 1000 * index + (given.wishes[index]?.own ?? 0) - 1;
  }
});

test('with slots for all, copies that cost nothing and nobody who leaves, shared prompts are read once', async () => {
  await fc.assert(
    fc.asyncProperty(day, async (given) => {
      const wishes = given.wishes.map((one) => ({ ...one, goesAt: undefined, comesAt: 0 }));
      const { scheduler } = await live({
        ...given,
        slots: wishes.length,
        copyMs: 0,
        perTokenMs: 1,
        prefixReuse: true,
        forgetsAll: false,
        batchSize: 70,
        wishes,
      });
      const { promptTokensRead, promptTokensUnique } = scheduler.stats();
      // Less than 64 tokens is not waited for, and not copied from who reads it only later.
      const bound = promptTokensUnique + 64 * wishes.length;
      assert.ok(promptTokensRead <= bound, `${promptTokensRead} of ${promptTokensUnique}`);
    }),
    { numRuns: 100 },
  );
});
