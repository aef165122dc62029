import assert from 'node:assert/strict';
import { memoryUsage } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Served } from '../../src/compose.ts';

/** What a run of clients came to. */
export interface Swaps {
  requests: number;
  /** Answers by model. */
  answers: Map<string, number>;
  /** Bytes that loaded models took at most, as the server counts them, and by which the process grew at most. */
  mostCounted: number;
  mostGrown: number;
}

interface Listed {
  id: string;
  state: string;
  memory_bytes?: number;
}

/**
 * Lets clients ask random models for random times, each request for what tells the models apart: the answer to a prompt at
 * temperature 0. Every request has to be answered, by the model that it named.
 * @param ids the models
 * @param seed makes the choices repeatable
 */
export async function swapModels(
  served: Pick<Served, 'url'>,
  ids: readonly string[],
  { clients, ms, seed, prompt }: { clients: number; ms: number; seed: number; prompt: string },
): Promise<Swaps> {
  const random = randomNumbers(seed);
  const before = memoryUsage.rss();
  const expected = new Map<string, string>();
  for (const id of ids) expected.set(id, await ask(served.url, id, prompt));
  const swaps: Swaps = { requests: 0, answers: new Map(), mostCounted: 0, mostGrown: 0 };
  const end = performance.now() + ms;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const id = ids[Math.floor(random() * ids.length)] ?? '';
      swaps.requests += 1;
      assert.equal(await ask(served.url, id, prompt), expected.get(id), `the answer of ${id}`);
      swaps.answers.set(id, (swaps.answers.get(id) ?? 0) + 1);
      await sleep(random() * 20);
    }
  };
  const watch = async (): Promise<void> => {
    while (performance.now() < end) {
      const { data } = (await (await fetch(`${served.url}/models`)).json()) as { data: Listed[] };
      const held = data.filter(({ state }) => state !== 'unloaded' && state !== 'failed');
      const counted = held.reduce((sum, { memory_bytes: bytes = 0 }) => sum + bytes, 0);
      swaps.mostCounted = Math.max(swaps.mostCounted, counted);
      swaps.mostGrown = Math.max(swaps.mostGrown, memoryUsage.rss() - before);
      await sleep(25);
    }
  };
  await Promise.all([watch(), ...Array.from({ length: clients }, client)]);
  return swaps;
}

async function ask(url: string, model: string, prompt: string): Promise<string> {
  // Few tokens tell models apart; after more, a near-tie may fall either way by how a request was batched.
  const body = { model, prompt, max_tokens: 3, temperature: 0 };
  const reply = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const told = (await reply.json()) as { model?: string; choices?: { text: string }[] };
  assert.equal(reply.status, 200, JSON.stringify(told));
  assert.equal(told.model, model);
  return told.choices?.[0]?.text ?? assert.fail('no choice');
}

/** Mulberry32: numbers from 0 to 1 that a seed repeats. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
