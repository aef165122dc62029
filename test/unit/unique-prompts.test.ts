import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UniquePrompts } from '../../src/scheduling/unique-prompts.ts';
import { promptOf } from '../support/token-requests.ts';

/** Remembers every prefix of every prompt. */
class Naive {
  private readonly prefixes = new Set<string>();

  add(prompt: readonly number[]): number {
    const before = this.prefixes.size;
    for (let length = 1; length <= prompt.length; length++) this.prefixes.add(prompt.slice(0, length).join(' '));
    return this.prefixes.size - before;
  }
}

/** Few different tokens, so that many beginnings are shared. */
const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }), { maxLength: 60 });

test('counts what a set of all prefixes counts', () => {
  fc.assert(
    fc.property(prompts, (all) => {
      const tree = new UniquePrompts();
      const naive = new Naive();
      for (const prompt of all) assert.equal(tree.add(prompt), naive.add(prompt), prompt.join(' '));
    }),
    { numRuns: 500 },
  );
});

test('with a limit it never keeps more, and never counts less than is new', () => {
  fc.assert(
    fc.property(prompts, fc.integer({ min: 0, max: 800 }), (all, limit) => {
      const tree = new UniquePrompts(limit);
      const naive = new Naive();
      for (const prompt of all) {
        const added = tree.add(prompt);
        assert.ok(added >= naive.add(prompt) && added <= prompt.length);
        assert.ok(tree.size >= 0 && tree.size <= limit, `${tree.size} of ${limit}`);
      }
    }),
    { numRuns: 500 },
  );
});

test('forgets the prompts that were unused for longest, and keeps the beginning of those in use', () => {
  // Three branches: the common beginning of 100 and two ends of 100, each with a weight of 64.
  const tree = new UniquePrompts(3 * 164);
  const withEnd = (first: number): number[] => [...promptOf(100), ...promptOf(100, first)];
  assert.equal(tree.add(withEnd(1000)), 200);
  assert.equal(tree.add(withEnd(2000)), 100);
  assert.equal(tree.size, 3 * 164);
  assert.equal(tree.add(withEnd(1000)), 0);
  assert.equal(tree.add(withEnd(3000)), 100);
  assert.equal(tree.add(withEnd(1000)), 0);
  assert.equal(tree.add(withEnd(2000)), 100);
  assert.equal(tree.add(withEnd(3000)), 100);
  assert.equal(tree.size, 3 * 164);
});

test('a prompt over the limit is counted and not kept', () => {
  const tree = new UniquePrompts(100);
  for (let times = 0; times < 3; times++) assert.equal(tree.add(promptOf(50)), 50);
  assert.equal(tree.size, 0);
});
