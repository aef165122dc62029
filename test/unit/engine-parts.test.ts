import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LlamaContext } from 'node-llama-cpp';
import { addonContext } from '../../src/engines/gguf/addon.ts';
import { affordableGap, measureSteps, powersOfTwoTo } from '../../src/engines/gguf/calibration.ts';
import { usableCores } from '../../src/engines/cores.ts';
import { byteLevelBytes, plainBytes, sentencePieceBytes } from '../../src/engines/token-bytes.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('pieces of a byte-level vocabulary are bytes, spaces and newlines among them', () => {
  assert.equal(text(byteLevelBytes('ĠHello')), ' Hello');
  assert.equal(text(byteLevelBytes('Ċ')), '\n');
  assert.equal(text(byteLevelBytes('Ã©')), 'é');
  assert.deepEqual([...byteLevelBytes('æĹ')], [0xe6, 0x97]);
});

test('the byte-level alphabet has a character for each of the 256 bytes', () => {
  const characters = Array.from({ length: 0x144 }, (_, code) => String.fromCodePoint(code));
  const bytes = new Set(characters.map(byteLevelBytes).flatMap((piece) => (piece.length === 1 ? [...piece] : [])));
  assert.equal(bytes.size, 256);
});

test('pieces of a SentencePiece vocabulary are text with marked spaces, or single bytes', () => {
  assert.equal(text(sentencePieceBytes('▁the')), ' the');
  assert.deepEqual([...sentencePieceBytes('<0xE2>')], [0xe2]);
  assert.equal(text(sentencePieceBytes('<0xE2>x')), '<0xE2>x');
  assert.equal(text(plainBytes('▁tool')), '▁tool');
});

test('an idle slot is decoded along while a row costs less than a batch of its own', () => {
  assert.equal(affordableGap({ threads: [1], sizes: [1, 2, 4, 8], ms: [[8, 10, 12, 15]] }), 8);
  assert.equal(affordableGap({ threads: [1], sizes: [1, 8], ms: [[100, 800]] }), 1);
  assert.equal(affordableGap({ threads: [1], sizes: [1], ms: [[8]] }), 0);
});

test('measuring tries every thread count with every size, up to the limits themselves', async () => {
  const tried = new Set<string>();
  const costs = await measureSteps(powersOfTwoTo(3), 6, async (size, threads) => {
    tried.add(`${threads}x${size}`);
  });
  assert.deepEqual(costs.threads, [1, 2, 3]);
  assert.deepEqual(costs.sizes, [1, 2, 4, 6]);
  assert.equal(tried.size, 12);
  assert.ok(costs.ms.flat().every((ms) => ms >= 0));
});

test('a version of node-llama-cpp without a call that the stepper needs is named with the call', () => {
  const calls = ['initBatch', 'addToBatch', 'decodeBatch', 'sampleToken', 'removeTokenCellsFromSequence', 'setThreads'];
  const native = Object.fromEntries(calls.map((call) => [call, () => undefined]));
  assert.throws(() => addonContext({ _ctx: native } as unknown as LlamaContext), /LlamaContext\._ctx\.disposeSequence/);
  assert.throws(() => addonContext({} as unknown as LlamaContext), /no LlamaContext\._ctx;/);
});

test('at least one core can be used, and no more than there are', () => {
  assert.ok(usableCores() >= 1);
  assert.ok(Number.isInteger(usableCores()));
});
