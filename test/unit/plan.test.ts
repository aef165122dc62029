import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planStep, type Running } from '../../src/scheduling/plan.ts';
import { Sequence } from '../../src/scheduling/sequence.ts';
import { promptOf, tokenRequest } from '../support/token-requests.ts';

const sizes = { batchSize: 512, chunkUnit: 64 };

/** Prompts of so many tokens that are being read, in slots from 0 on. */
function readers(...lengths: number[]): Running[] {
  return lengths.map((length, slot) => ({ slot, sequence: new Sequence(tokenRequest(promptOf(length), 8), 0) }));
}

/** How many tokens of each slot are read in a step that wants so many, where so many of short prompts may be read together. */
function readOf(running: readonly Running[], wanted: number, most = 0): Record<number, number> {
  const { plan } = planStep(running, sizes, { chunk: () => wanted, together: (tokens) => tokens <= most });
  return Object.fromEntries(plan.map(({ slot, tokens }) => [slot, tokens.length]));
}

test('where less than a unit is wanted, one is read, of whole prompts where they are short', () => {
  assert.deepEqual(readOf(readers(28, 28, 28), 16), { 0: 28, 1: 28 });
  assert.deepEqual(readOf(readers(500, 500), 16), { 0: 64 });
  assert.deepEqual(readOf(readers(20, 500), 16), { 0: 20 });
});

test('more short prompts than fit into a unit are read together where that is bearable, and the first in any case', () => {
  assert.deepEqual(readOf(readers(28, 32, 32, 32, 32), 16, 128), { 0: 28, 1: 32, 2: 32, 3: 32 });
  assert.deepEqual(readOf(readers(28, 500, 32, 64), 16, 128), { 0: 28, 2: 32, 3: 64 });
  assert.deepEqual(readOf(readers(500, 28, 28), 16, 128), { 0: 64, 1: 28, 2: 28 });
  assert.deepEqual(
    readOf(readers(...Array.from({ length: 20 }, () => 60)), 16, Infinity),
    Object.fromEntries(Array.from({ length: 8 }, (_, slot) => [slot, 60])),
  );
});

test('of more short prompts than may be read together those in the nearest slots are, with the first', () => {
  const running = readers(30, 30, 30, 30, 30, 30, 30);
  const [first, ...others] = [4, 0, 6, 2, 5, 1, 3].map((slot) => running[slot] ?? assert.fail());
  assert.deepEqual(readOf([first ?? assert.fail(), ...others], 16, 120), { 4: 30, 5: 30, 3: 30, 6: 30 });
});

test('prompts that fit are read together, and long ones share whole units', () => {
  assert.deepEqual(readOf(readers(28, 28, 28), 100), { 0: 28, 1: 28, 2: 28 });
  assert.deepEqual(readOf(readers(500, 500), 256), { 0: 128, 1: 128 });
});

test('what a short prompt leaves goes to the next', () => {
  assert.deepEqual(readOf(readers(20, 500), 256), { 0: 20, 1: 236 });
});
