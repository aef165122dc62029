import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../src/scheduling/sequence.ts';
import { leastMissed, type Slot } from '../../src/scheduling/slots.ts';

/** Slots by what they hold; a negative number is at work. */
function slotsOf(...lengths: number[]): Slot[] {
  return lengths.map((length, id) => ({
    id,
    tokens: Array.from({ length: Math.abs(length) }, () => 1),
    sequence: length < 0 ? ({} as Sequence) : undefined,
    usedAt: 100 - id,
  }));
}

test('an empty slot beside those at work is taken first', () => {
  assert.equal(leastMissed(slotsOf(100, 100, -5, -5, 0, 0))?.id, 4);
  assert.equal(leastMissed(slotsOf(0, 0, 0, 0))?.id, 3);
});

test('a hole among those at work is filled, at the price of a few tokens', () => {
  assert.equal(leastMissed(slotsOf(0, 0, -5, 100, -5, 0))?.id, 3);
});

test('of two neighbours the empty one is taken, or the one unused for longest', () => {
  assert.equal(leastMissed(slotsOf(0, 100, -5, 0, 0))?.id, 3);
  assert.equal(leastMissed(slotsOf(0, 100, -5, 100, 0))?.id, 3);
});

test('a long conversation stays, wherever it lies, while there is a slot with less', () => {
  assert.equal(leastMissed(slotsOf(1000, -5, 1000, 10))?.id, 3);
});

test('a conversation that a prompt cache takes makes room for slots that lie together, unless it is very long', () => {
  assert.equal(leastMissed(slotsOf(0, 0, 0, 0, 470, -5, -5, -5), true)?.id, 4);
  assert.equal(leastMissed(slotsOf(0, 0, 0, 0, 470, -5, -5, -5))?.id, 3);
  assert.equal(leastMissed(slotsOf(0, 0, 0, 0, 3000, -5, -5, -5), true)?.id, 3);
});

test('among long conversations the one unused for longest goes', () => {
  assert.equal(leastMissed(slotsOf(1000, -5, 1000, 2000))?.id, 3);
});

test('where all are at work there is none', () => {
  assert.equal(leastMissed(slotsOf(-5, -5)), undefined);
});
