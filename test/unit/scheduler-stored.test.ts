import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonPrefix, type CachedPrefix, type PromptCache } from '../../src/contract/tokens.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { expectedTokens, FakeStepper } from '../support/fake-stepper.ts';
import { outcomeOf, promptOf, roomy, tokenRequest } from '../support/token-requests.ts';

const never = new AbortController().signal;
const slots = 4;
/** Tokens that are never generated: the fake model's are below 1000. */
const shared = promptOf(1000, 2000);

/** A prompt cache without limits in the fake engine's own memory. */
class Shelf implements PromptCache {
  readonly lasting = true;
  readonly stored: (readonly number[])[] = [];

  find(prompt: readonly number[]): CachedPrefix | undefined {
    const found = this.stored.map((tokens) => ({ tokens, shared: commonPrefix(tokens, prompt), ms: 1 }));
    return found.filter(({ shared: length }) => length > 0).toSorted((a, b) => b.shared - a.shared)[0];
  }

  async store(tokens: readonly number[], write: (file: string) => Promise<void>): Promise<void> {
    this.stored.push(tokens);
    await write(tokens.join());
  }

  restore({ tokens }: CachedPrefix, read: (file: string) => Promise<number>): Promise<number> {
    return read(tokens.join());
  }
}

/** Four slots in which every prompt of a round is answered with one token. */
function world(): { shelf: Shelf; scheduler: Scheduler; ask(prompts: readonly number[][]): Promise<void> } {
  const clock = new FakeClock();
  const shelf = new Shelf();
  const stepper = new FakeStepper({ slots, contextSize: 4096, perTokenMs: 1, clock });
  const scheduler = new Scheduler(stepper, { ...roomy, promptCache: shelf }, clock);
  const ask = async (prompts: readonly number[][]): Promise<void> => {
    const outcomes = await Promise.all(
      prompts.map((prompt) => outcomeOf(scheduler.run(tokenRequest(prompt, 1), never))),
    );
    const expected = prompts.map((prompt) => expectedTokens(prompt, 1, new Set()));
    assert.deepEqual(
      outcomes.map(({ tokens }) => tokens),
      expected,
    );
  };
  return { shelf, scheduler, ask };
}

/** Conversations with the same beginning, each with so many tokens of its own. */
function conversations(own: number): number[][] {
  return Array.from({ length: slots }, (_, index) => [...shared, ...promptOf(own, 10_000 * (index + 1))]);
}

/** Prompts that have nothing in common with each other or with anybody. */
const strangers = Array.from({ length: slots }, (_, index) => promptOf(300, 100_000 * (index + 1)));

test('of conversations with little of their own but a beginning in common, the last to leave its slot is stored', async () => {
  const { shelf, ask } = world();
  await ask(conversations(200));
  for (const [index, stranger] of strangers.entries()) {
    assert.equal(shelf.stored.length, 0, `before stranger ${index}`);
    await ask([stranger]);
  }
  assert.deepEqual(
    shelf.stored.map((tokens) => tokens.length),
    [1200],
  );
});

test('a conversation with enough of its own is stored, whoever has its beginning', async () => {
  const { shelf, ask } = world();
  await ask(conversations(256));
  await ask(strangers);
  assert.equal(shelf.stored.length, slots);
});

test('what is stored already is not stored again, nor what adds little to it', async () => {
  const { shelf, ask } = world();
  const [first = []] = conversations(256);
  await ask([first]);
  await ask(strangers);
  assert.deepEqual(shelf.stored, [first]);
  await ask([[...first, ...promptOf(200, 500_000)]]);
  await ask(promptsOfAnotherRound());
  assert.deepEqual(
    shelf.stored.filter((tokens) => commonPrefix(tokens, first) > 0),
    [first],
  );
});

/** Strangers to all who were there before. */
function promptsOfAnotherRound(): number[][] {
  return strangers.map((prompt) => prompt.map((token) => token + 50_000));
}

test('what is left to the next process is stored once, and all of it can be found there', async () => {
  const { shelf, scheduler, ask } = world();
  const [first = [], second = [], ...others] = conversations(300);
  const within = first.slice(0, 1200);
  await ask([first, second, within, ...others.slice(0, 1)]);
  await scheduler.dispose();
  assert.deepEqual(
    [first, second, within].map((prompt) => shelf.find(prompt)?.shared),
    [1300, 1300, 1200],
  );
  assert.equal(shelf.stored.length, 3);
});
