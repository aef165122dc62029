import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeBatches, type NativeBatchLimits } from '../../src/engines/gguf/native-batches.ts';
import { tilesPay, weightCells } from '../../src/engines/gguf/tiles.ts';
import { promptOf } from '../support/token-requests.ts';

/** SmolLM2-135M and the shape of Llama-3.2-1B. */
const small = { heads: 9, threads: 2, weightCells: weightCells(134_515_008, 30, 576) };
const large = { heads: 32, threads: 2, weightCells: weightCells(1_235_814_400, 16, 2048) };

/** Whether so many pieces of so many tokens each are filled up after so many. */
function pays(shape: typeof small, count: number, tokens: number, held: number): boolean {
  return tilesPay(
    Array.from({ length: count }, () => ({ tokens, held })),
    shape,
  );
}

test('pieces are filled up where tiles were measured to be quicker by a twentieth or more, and not where they were slower', () => {
  for (const [count, tokens, held] of [
    [1, 40, 2048],
    [1, 48, 512],
    [2, 32, 2048],
    [4, 32, 2048],
    [4, 28, 2048],
    [4, 32, 1024],
  ] as const)
    assert.ok(pays(small, count, tokens, held), `${count} × ${tokens} after ${held}`);
  for (const [count, tokens, held] of [
    [1, 32, 2048],
    [1, 32, 256],
    [2, 28, 2048],
    [4, 24, 2048],
    [2, 32, 512],
    [1, 48, 0],
  ] as const)
    assert.ok(!pays(small, count, tokens, held), `${count} × ${tokens} after ${held}`);
});

test('a larger model fills up later contexts alone', () => {
  assert.ok(pays(large, 1, 32, 2048));
  assert.ok(pays(large, 1, 48, 1024));
  assert.ok(!pays(large, 1, 32, 1024));
  assert.ok(!pays(large, 1, 32, 512));
});

/** Slots, their tokens and the fillers behind these, of each batch. @param chunks tokens by slot */
function batchesOf(
  chunks: Record<number, number>,
  limits: Partial<NativeBatchLimits> & { held?: number } = {},
): string[] {
  const { held = 2048, contextSize = 4096, batchSize = 512, affordableGap = 0 } = limits;
  const plan = Object.entries(chunks).map(([slot, tokens]) => ({
    slot: Number(slot),
    tokens: promptOf(tokens),
    sample: true,
  }));
  const shape = 'shape' in limits ? limits.shape : small;
  return nativeBatches(plan, () => held, { contextSize, batchSize, affordableGap, shape }).map((batch) =>
    batch.map(({ slot, tokens, kept }) => `${slot}:${kept}+${tokens.length - kept}`).join(' '),
  );
}

test('decoders come first and together, short chunks of neighbouring slots together, all others alone', () => {
  assert.deepEqual(batchesOf({ 0: 32, 1: 1, 2: 32, 3: 40, 4: 300, 5: 1, 6: 24 }), [
    '1:1+0 5:1+0',
    '0:32+0',
    '2:32+32 3:40+24',
    '4:300+0',
    '6:24+0',
  ]);
});

test('no batch has more tiles than it takes, and no slot is filled beyond its context', () => {
  assert.deepEqual(batchesOf({ 0: 50, 1: 50, 2: 50 }, { batchSize: 128 }), ['0:50+14 1:50+14', '2:50+14']);
  assert.deepEqual(batchesOf({ 0: 50, 1: 50 }, { batchSize: 63 }), ['0:50+0', '1:50+0']);
  assert.deepEqual(batchesOf({ 0: 50 }, { contextSize: 2048 + 64 }), ['0:50+14']);
  assert.deepEqual(batchesOf({ 0: 50, 1: 50 }, { contextSize: 2048 + 63 }), ['0:50+0', '1:50+0']);
});

test('whole tiles need no filling, and are read together where that saves parts of tiles', () => {
  assert.deepEqual(batchesOf({ 0: 64 }), ['0:64+0']);
  assert.deepEqual(batchesOf({ 0: 64, 1: 64 }), ['0:64+0 1:64+0']);
  assert.deepEqual(batchesOf({ 0: 64, 1: 64 }, { shape: large }), ['0:64+0', '1:64+0']);
  assert.deepEqual(batchesOf({ 0: 64, 1: 60 }), ['0:64+0 1:60+4']);
});

test('without a shape nothing is filled up', () => {
  assert.deepEqual(batchesOf({ 0: 50, 1: 50 }, { shape: undefined }), ['0:50+0', '1:50+0']);
});

test('idle slots between decoders are decoded along where their rows are affordable and there is room', () => {
  const decoders = { 4: 1, 0: 1, 2: 1 };
  assert.deepEqual(batchesOf(decoders, { held: 0, affordableGap: 1 }), ['0:1+0 1:0+1 2:1+0 3:0+1 4:1+0']);
  assert.deepEqual(batchesOf(decoders, { held: 256, affordableGap: 1 }), ['0:1+0 2:1+0 4:1+0']);
  assert.deepEqual(batchesOf(decoders, { held: 256, affordableGap: 2, batchSize: 4 }), ['0:1+0 1:0+1 2:1+0 4:1+0']);
  assert.deepEqual(batchesOf(decoders, { held: 0, contextSize: 0, affordableGap: 1 }), ['0:1+0 2:1+0 4:1+0']);
});
