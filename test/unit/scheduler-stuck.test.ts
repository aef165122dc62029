import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { StepPlan, StepResult } from '../../src/contract/tokens.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeStepper, expectedTokens } from '../support/fake-stepper.ts';
import { assertIdle, outcomeOf, promptOf, roomy, tokenRequest } from '../support/token-requests.ts';

const stuck = new InferenceError('invalid_request', 'No token fits.');

/** An engine in which the request with so many prompt tokens finds none to go on with after its third. */
class StuckStepper extends FakeStepper {
  private readonly victim: number;

  constructor(victim: number) {
    super();
    this.victim = victim;
  }

  override async step(plan: StepPlan): Promise<StepResult> {
    const results = await super.step(plan);
    return results.map((result) => {
      const request = this.begun.findLast(({ slot }) => slot === result.slot)?.request;
      const held = this.held[result.slot]?.length ?? 0;
      const over = request?.prompt.length === this.victim && held >= this.victim + 3;
      return over ? { slot: result.slot, id: -1, stuck } : result;
    });
  }
}

test('a request that no token fits fails alone, and its slot is free for the next', async () => {
  const scheduler = new Scheduler(new StuckStepper(7), roomy);
  const { signal } = new AbortController();
  const run = (length: number, first: number) =>
    outcomeOf(scheduler.run(tokenRequest(promptOf(length, first), 12), signal));
  const [victim, other] = await Promise.all([run(7, 100), run(5, 200)]);
  assert.equal(victim.error, stuck);
  assert.equal(victim.tokens.length, 3);
  assert.deepEqual(other.tokens, expectedTokens(promptOf(5, 200), 12, new Set()));
  const next = await run(6, 300);
  assert.deepEqual(next.tokens, expectedTokens(promptOf(6, 300), 12, new Set()));
  assertIdle(scheduler);
  assert.equal(scheduler.stats().completionTokens, 3 + 12 + 12);
});
