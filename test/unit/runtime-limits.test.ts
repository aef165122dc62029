import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { newTokenLimit } from '../../src/runtime/limits.ts';
import { merge } from '../../src/runtime/merge.ts';
import { resolveSampling } from '../../src/runtime/sampling.ts';

const CONTEXT = 2048;
const names = { maxTokens: 'new', maxTotalTokens: 'max_length', minTokens: 'least', n: 'n' };
const limit = (request: Omit<Parameters<typeof newTokenLimit>[0], 'names'>, prompt = 100, fallback?: number): number =>
  newTokenLimit({ ...request, names }, prompt, CONTEXT, fallback);

function refusal(work: () => unknown): InferenceError {
  try {
    work();
  } catch (error) {
    if (error instanceof InferenceError) return error;
    throw error;
  }
  return assert.fail('nothing was refused');
}

test('a silent request runs to what fits, under the first limit that somebody set', () => {
  assert.equal(limit({ minTokens: 0 }), 1948);
  assert.equal(limit({ minTokens: 0, silentMaxTokens: 512 }), 512);
  assert.equal(limit({ minTokens: 0, silentMaxTokens: 512 }, 100, 64), 64);
  assert.equal(limit({ minTokens: 0, silentMaxTokens: 512 }, 1900), 148);
  assert.equal(limit({ minTokens: 0 }, 100, 9999), 1948);
  assert.equal(limit({ minTokens: 0, maxTokens: 7, silentMaxTokens: 512 }, 100, 64), 7);
});

test('max_length is a ceiling on prompt and answer, lowered to the context', () => {
  assert.equal(limit({ minTokens: 0, maxTotalTokens: 4096 }), 1948);
  assert.equal(limit({ minTokens: 0, maxTotalTokens: 150 }), 50);
  assert.equal(limit({ minTokens: 0, maxTotalTokens: 150, maxTokens: 20 }), 20);
  // The server's default is for requests that say nothing of the answer's length.
  assert.equal(limit({ minTokens: 0, maxTotalTokens: 4096, silentMaxTokens: 512 }, 100, 16), 1948);
});

test('what cannot fit is refused with the numbers', () => {
  const explicit = refusal(() => limit({ minTokens: 0, maxTokens: 1949 }));
  assert.equal(explicit.code, 'context_exceeded');
  assert.match(explicit.message, /100 .* new 1949 .* 2048; .* at most 1948/);
  assert.equal(explicit.param, 'new');
  assert.equal(limit({ minTokens: 0, maxTokens: 1948 }), 1948);
  const prompt = refusal(() => limit({ minTokens: 0 }, 2048));
  assert.equal(prompt.code, 'context_exceeded');
  assert.match(prompt.message, /2048 tokens.* 2048/);
  assert.equal(limit({ minTokens: 0 }, 2047), 1);
  const ceiling = refusal(() => limit({ minTokens: 0, maxTotalTokens: 100 }));
  assert.deepEqual([ceiling.code, ceiling.param], ['invalid_request', 'max_length']);
  assert.match(ceiling.message, /100 tokens.* max_length 100/);
  assert.match(refusal(() => limit({ minTokens: 60, maxTokens: 50 })).message, /least is 60, .* 50/);
});

test("sampling takes the request's value, then the server's, then the dialect's; 0 is a value", () => {
  const request = { sampling: { topP: 0, seed: 0 }, silentTemperature: 1 };
  const resolved = resolveSampling(request, { topP: 0.5, topK: 9, temperature: 0 }, 0);
  assert.deepEqual(resolved, {
    temperature: 0,
    topP: 0,
    topK: 9,
    minP: 0,
    repetitionPenalty: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    seed: 0,
  });
  assert.equal(resolveSampling({ sampling: {}, silentTemperature: 1 }, {}, 0).temperature, 1);
});

test('completions of one request get seeds of their own, and a silent request a fresh one', () => {
  const seeds = [0, 1, 2].map(
    (index) => resolveSampling({ sampling: { seed: 2 ** 32 - 1 }, silentTemperature: 0 }, {}, index).seed,
  );
  assert.deepEqual(seeds, [4_294_967_295, 0, 1]);
  const wide = [0, 1].map(
    (index) => resolveSampling({ sampling: { seed: 4_611_686_018_427_387_904 }, silentTemperature: 0 }, {}, index).seed,
  );
  assert.deepEqual(wide, [0, 1]);
  const fresh = Array.from({ length: 20 }, () => resolveSampling({ sampling: {}, silentTemperature: 0 }, {}, 0).seed);
  assert.ok(new Set(fresh).size > 15);
  assert.ok(fresh.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
});

async function* items(
  values: readonly number[],
  onLeave: () => void,
  fails = false,
): AsyncGenerator<number, void, void> {
  try {
    for (const value of values) {
      await new Promise(setImmediate);
      yield value;
    }
    if (fails) throw new Error('broken');
  } finally {
    onLeave();
  }
}

test('merged iterations yield everything, and are all left when one fails or the reader leaves', async () => {
  let left = 0;
  let cancelled = 0;
  const leave = (): void => void (left += 1);
  const cancel = (): void => void (cancelled += 1);
  const all: number[] = [];
  for await (const value of merge([items([1, 2, 3], leave), items([4], leave)], cancel)) all.push(value);
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    [1, 2, 3, 4],
  );
  assert.deepEqual([left, cancelled], [2, 1]);

  await assert.rejects(async () => {
    for await (const value of merge([items([1, 2, 3, 5, 6], leave), items([4], leave, true)], cancel)) all.push(value);
  }, /broken/);
  assert.deepEqual([left, cancelled], [4, 2]);

  for await (const value of merge([items([1, 2], leave), items([4, 5], leave)], cancel)) if (value > 0) break;
  assert.deepEqual([left, cancelled], [6, 3]);
});

test('a failure that comes while the reader is busy elsewhere is told when it comes back', async () => {
  const failing = (async function* (): AsyncGenerator<number, void, void> {
    yield 1;
    throw new Error('broken');
  })();
  const merged = merge([failing], () => {});
  assert.deepEqual(await merged.next(), { value: 1, done: false });
  // An unhandled rejection in the meantime would end the process.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await assert.rejects(merged.next(), /broken/);
});
