import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { inBytes } from '../../src/contract/memory.ts';
import { planMemory, type MemoryWish } from '../../src/engines/memory.ts';

const GiB = 2 ** 30;
const perToken = {
  f32: 4000,
  f16: 2000,
  bf16: 2000,
  q8_0: 1000,
  q5_1: 750,
  q5_0: 700,
  q4_1: 600,
  q4_0: 500,
  iq4_nl: 500,
};

/** A machine with 24 GB, and a model that takes 2 kB a token. */
const wish = (more: Partial<MemoryWish>): MemoryWish => ({
  contextSize: undefined,
  slots: undefined,
  trainedContext: 131_072,
  wantedSlots: 8,
  free: { ram: 24e9, vram: 0 },
  containerLimit: undefined,
  kvCacheType: 'f16',
  smallerTypes: ['q8_0', 'q4_0'],
  needs: async (contextSize, slots, type) => ({ ram: contextSize * slots * perToken[type], vram: 0 }),
  ...more,
});
const ram = (bytes: number): Partial<MemoryWish> => ({ free: { ram: bytes, vram: 0 } });

async function chosen(more: Partial<MemoryWish>): Promise<[number, number, string]> {
  const { contextSize, slots, why } = await planMemory(wish(more));
  return [contextSize, slots, why];
}

async function refused(more: Partial<MemoryWish>): Promise<string> {
  const error = await planMemory(wish(more)).then(
    () => assert.fail('it was planned'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InferenceError, String(error));
  assert.equal(error.code, 'insufficient_memory');
  return error.message;
}

test('context and slots shrink until they fit half of the free memory, four slots before a longer context', async () => {
  assert.deepEqual(await chosen({}), [8192, 8, 'half at most']);
  assert.deepEqual(await chosen({ trainedContext: 2048 }), [2048, 8, 'half at most']);
  assert.deepEqual(await chosen(ram(250e6)), [8192, 7, 'half at most']);
  assert.deepEqual(await chosen(ram(180e6)), [4096, 5, 'half at most']);
});

test("the user's own numbers may take more than half", async () => {
  const asked = { contextSize: 100_000, slots: 3 };
  assert.deepEqual(await chosen({ ...asked, ...ram(1e9) }), [100_000, 3, 'as asked']);
  assert.deepEqual(await chosen({ slots: 16 }), [8192, 16, 'half at most']);
  assert.deepEqual(await chosen({ contextSize: 100_000, ...ram(350e6) }), [100_000, 1, 'more than half, as asked']);
});

test('a wish that does not fit is refused with the numbers and with settings that would fit', async () => {
  const limits = { ...ram(11.4 * GiB), containerLimit: 16 * GiB };
  const message = await refused({ contextSize: 131_072, slots: 64, ...limits });
  assert.equal(
    message,
    'A context of 64 × 131072 tokens needs 15.6 GiB beside the model, but of 11.4 GiB free (container limit 16.0 GiB) it may take 10.8 GiB; --context-size 88832, --parallel 43 or --kv-cache-type q8_0 would fit.',
  );
  for (const better of [{ contextSize: 88_832 }, { slots: 43 }, { kvCacheType: 'q8_0' as const }]) {
    await chosen({ contextSize: 131_072, slots: 64, ...limits, ...better });
  }
});

test('only what is true is suggested', async () => {
  const asked = { contextSize: 1000, slots: 1, needs: async () => ({ ram: GiB, vram: 0 }) };
  assert.match(await refused({ ...asked, ...ram(GiB / 2) }), /; free some memory or serve a smaller model\.$/);
  const one = { contextSize: 131_072, slots: 1, smallerTypes: [] };
  assert.match(await refused({ ...one, ...ram(300e6) }), /; --context-size \d+ would fit\.$/);
  assert.match(
    await refused({ contextSize: 131_072, slots: 64, ...ram(5 * GiB) }),
    / or --kv-cache-type q4_0 would fit/,
  );
});

test('a little stays free whatever is asked for', async () => {
  const asked = { contextSize: 1000, slots: 1 };
  const taking = (bytes: number): Partial<MemoryWish> => ({ ...asked, needs: async () => ({ ram: bytes, vram: 0 }) });
  await planMemory(wish({ ...taking(0.94 * GiB * 10), ...ram(10 * GiB) }));
  await refused({ ...taking(0.96 * GiB * 10), ...ram(10 * GiB) });
  await planMemory(wish({ ...taking(GiB - 130 * 2 ** 20), ...ram(GiB) }));
  await refused({ ...taking(GiB - 120 * 2 ** 20), ...ram(GiB) });
});

test('the least that is chosen without a wish must fit too', async () => {
  assert.match(await refused({ ...ram(128e6) }), /^A context of 1 × 512 tokens needs 1 MiB .* it may take 0 MiB; free/);
});

test('on a GPU both memories count', async () => {
  const needs: MemoryWish['needs'] = async (contextSize, slots) => ({ ram: 1e6, vram: contextSize * slots * 2000 });
  const free = { ram: 24e9, vram: 300e6 };
  assert.deepEqual(await chosen({ needs, free }), [8192, 8, 'half at most']);
  assert.match(await refused({ needs, free, contextSize: 131_072 }), /needs 250 MiB of GPU memory .* of 286 MiB free/);
  const tight = { needs, free: { ram: 100e3, vram: 24e9 } };
  assert.match(await refused(tight), /needs 1 MiB beside the model, but of 0 MiB free/);
});

test('bytes are written for people', () => {
  assert.deepEqual([0, 94 * 2 ** 20, GiB, 1.54 * GiB].map(inBytes), ['0 MiB', '94 MiB', '1.0 GiB', '1.5 GiB']);
});
