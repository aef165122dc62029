import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkOverhead, tilesOf } from '../../src/engines/gguf/tiles.ts';
import { Pace } from '../../src/scheduling/pace.ts';

const heads = 9;
const threads = 2;
const decodeMs = 12;
const budgetMs = 250;

/** What was measured with SmolLM2 on two cores: half a millisecond for a token, and 5.5 µs for a tile and position. */
function chunkMs(tokens: number, position: number): number {
  return tokens / 2 + 0.0055 * tilesOf(tokens, heads, threads) * position;
}

/** Reads a prompt of 2,000 tokens beside four decoders in whole tiles. @returns the milliseconds of each step */
function readBeside(pace: Pace): number[] {
  const steps: number[] = [];
  for (let read = 0; read < 1984;) {
    const wanted = Math.floor(pace.chunk(4, 1, read) / 64) * 64;
    const promptTokens = Math.min(1984 - read, Math.max(64, wanted));
    const position = read + promptTokens / 2;
    const ms = decodeMs + chunkMs(promptTokens, position);
    pace.measured(ms, { decoders: 4, promptTokens, readers: 1, position });
    steps.push(ms);
    read += promptTokens;
  }
  return steps;
}

/** One that has seen the decoders alone, and a prompt. */
function usedPace(overhead: number): Pace {
  const pace = new Pace(budgetMs, overhead);
  for (let step = 0; step < 5; step += 1)
    pace.measured(decodeMs, { decoders: 4, promptTokens: 0, readers: 0, position: 0 });
  readBeside(pace);
  return pace;
}

test('a prompt is read in fewer and fuller steps where the overhead of a chunk is known, and none exceeds its budget', () => {
  const unaware = readBeside(usedPace(0));
  const aware = readBeside(usedPace(chunkOverhead(heads, threads)));
  const total = (steps: readonly number[]): number => steps.reduce((sum, ms) => sum + ms, 0);
  assert.ok(Math.max(...aware) <= 1.05 * budgetMs, aware.map(Math.round).join(' '));
  assert.ok(total(aware) < 0.97 * total(unaware), `${total(aware)} against ${total(unaware)} ms`);
});

test('a few short prompts after a long context are read together, many are not', () => {
  const pace = usedPace(chunkOverhead(heads, threads));
  assert.ok(pace.together(4 * 32, 4, 2000));
  assert.ok(!pace.together(8 * 32, 8, 2000));
  assert.ok(pace.together(16 * 32, 16, 100));
});

test('tiles of a chunk are those that llama.cpp makes of its heads and threads', () => {
  assert.deepEqual(
    [64, 128, 256, 512].map((tokens) => tilesOf(tokens, 9, 2)),
    [16, 24, 40, 72],
  );
  assert.equal(tilesOf(64, 9, 1), 9);
  assert.equal(tilesOf(64, 32, 2), 32);
});

test('heads that fill the parts of a chunk leave no overhead, others do', () => {
  assert.equal(chunkOverhead(32, 2), 0);
  assert.equal(chunkOverhead(9, 1), 0);
  assert.equal(chunkOverhead(9, 2), 50);
});
