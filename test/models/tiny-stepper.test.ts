import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Stepper, TokenRequest } from '../../src/contract/tokens.ts';
import type { GeneratorEngine } from '../../src/engines/index.ts';
import { onBothTinyEngines } from '../support/engines.ts';
import { loadTiny, tinyGolden } from '../support/tiny-model.ts';
import { greedy } from '../support/token-requests.ts';

type Wish = Partial<Omit<TokenRequest, 'sampling'>> & { sampling?: Partial<TokenRequest['sampling']> };

onBothTinyEngines(({ path, format }) => {
  let engine: GeneratorEngine;
  let stepper: Stepper;
  before(async () => {
    engine = await loadTiny({ path, format });
    stepper = engine.stepper;
  });
  after(() => stepper.dispose());

  /** Decodes `count` tokens in one slot, the prompt in chunks of `chunk`. */
  async function decode(
    slot: number,
    prompt: readonly number[],
    count: number,
    wish: Wish = {},
    chunk = 7,
  ): Promise<number[]> {
    await stepper.trim(slot, 0);
    const request = { prompt, maxTokens: count, minTokens: 0, ...wish, sampling: { ...greedy, ...wish.sampling } };
    await stepper.begin(slot, request);
    const tokens: number[] = [];
    for (let at = 0; at < prompt.length; at += chunk) {
      const sample = at + chunk >= prompt.length;
      tokens.push(
        ...(await stepper.step([{ slot, tokens: prompt.slice(at, at + chunk), sample }])).map(({ id }) => id),
      );
    }
    while (tokens.length < count) {
      const last = tokens.at(-1) ?? assert.fail();
      tokens.push(...(await stepper.step([{ slot, tokens: [last], sample: true }])).map(({ id }) => id));
    }
    return tokens;
  }

  test('tokenizes as the tokenizer of the same weights in Python', () => {
    assert.deepEqual(engine.tokenizer.encode(tinyGolden.text, { special: true, continues: false }), tinyGolden.prompt);
  });

  test('yields the greedy tokens of onnxruntime, whatever the chunks', async () => {
    for (const chunk of [1, 7, 20]) {
      assert.deepEqual(await decode(0, tinyGolden.prompt, 32, {}, chunk), tinyGolden.greedy, `chunks of ${chunk}`);
    }
  });

  test('slots decoded together yield what each yields alone, with idle slots between them too', async () => {
    const prompts = [tinyGolden.prompt, tinyGolden.prompt.slice(3), tinyGolden.prompt.slice(0, 5)];
    const alone: number[][] = [];
    for (const prompt of prompts) alone.push(await decode(1, prompt, 12));
    for (const slots of [
      [0, 1, 2],
      [0, 2, 3],
      [3, 1, 0],
    ]) {
      const together: number[][] = [[], [], []];
      for (const slot of slots) await stepper.trim(slot, 0);
      for (const [index, slot] of slots.entries()) {
        await stepper.begin(slot, { prompt: prompts[index] ?? [], maxTokens: 12, minTokens: 0, sampling: greedy });
      }
      for (let step = 0; step < 12; step += 1) {
        const plan = slots.map((slot, index) => {
          const last = together[index]?.at(-1);
          return { slot, tokens: last === undefined ? (prompts[index] ?? []) : [last], sample: true };
        });
        for (const { slot, id } of await stepper.step(plan)) together[slots.indexOf(slot)]?.push(id);
      }
      assert.deepEqual(together, alone, `slots ${slots.join()}`);
    }
  });

  test('a slot that is cut back goes on from what it keeps', async () => {
    const whole = await decode(2, tinyGolden.prompt, 8);
    assert.equal(await stepper.trim(2, 15), 15);
    const request = { prompt: tinyGolden.prompt, maxTokens: 8, minTokens: 0, sampling: greedy };
    await stepper.begin(2, request);
    const [first] = await stepper.step([{ slot: 2, tokens: tinyGolden.prompt.slice(15), sample: true }]);
    assert.equal(first?.id, whole[0]);
  });

  test('a seed gives the same tokens again, another seed others', async () => {
    const sample = (seed: number): Promise<number[]> =>
      decode(0, tinyGolden.prompt, 20, { sampling: { temperature: 1.5, seed } });
    const first = await sample(7);
    assert.deepEqual(await sample(7), first);
    assert.notDeepEqual(await sample(8), first);
    assert.deepEqual(await sample(0), await sample(0));
    assert.notDeepEqual(await sample(2 ** 32 - 1), await sample(0));
  });

  test('top_k 1 and a tiny top_p are greedy at any temperature', async () => {
    const hot = { temperature: 2, seed: 3 };
    assert.deepEqual(
      await decode(0, tinyGolden.prompt, 10, { sampling: { ...hot, topK: 1 } }),
      tinyGolden.greedy.slice(0, 10),
    );
    assert.deepEqual(
      await decode(0, tinyGolden.prompt, 10, { sampling: { ...hot, topP: 1e-6 } }),
      tinyGolden.greedy.slice(0, 10),
    );
    assert.deepEqual(
      await decode(0, tinyGolden.prompt, 10, { sampling: { ...hot, minP: 1 } }),
      tinyGolden.greedy.slice(0, 10),
    );
  });

  test('repetition_penalty keeps away from prompt and completion', async () => {
    const tokens = await decode(0, tinyGolden.prompt, 60, { sampling: { repetitionPenalty: 1e6 } });
    assert.equal(new Set([...tinyGolden.prompt, ...tokens]).size, tinyGolden.prompt.length + 60);
    const next = await decode(0, tinyGolden.prompt, 60);
    assert.notEqual(new Set(next).size, 60);
  });

  test('presence and frequency penalties keep away from the completion, not from the prompt', async () => {
    const penalties = [{ presencePenalty: 1000 }, { frequencyPenalty: 1000 }];
    let repeatsPrompt = 0;
    for (let last = 3; last < 43; last += 1) {
      const prompt = [...tinyGolden.prompt, last];
      const [plain] = await decode(0, prompt, 1);
      if (plain === undefined || !prompt.includes(plain)) continue;
      repeatsPrompt += 1;
      for (const sampling of penalties) assert.deepEqual(await decode(0, prompt, 1, { sampling }), [plain]);
    }
    assert.ok(repeatsPrompt > 0, 'no prompt is followed by one of its own tokens');
    for (const sampling of penalties) {
      assert.equal(new Set(await decode(0, tinyGolden.prompt, 60, { sampling })).size, 60);
    }
  });

  test('end-of-generation tokens do not come before min_tokens', async () => {
    const { eog } = engine.tokenizer.special;
    const sample = (seed: number, minTokens: number): Promise<number[]> =>
      decode(0, tinyGolden.prompt, 60, { minTokens, sampling: { temperature: 3, seed } });
    let ended = 0;
    for (let seed = 1; seed <= 8; seed += 1) {
      ended += (await sample(seed, 0)).filter((id) => eog.has(id)).length;
      const held = await sample(seed, 40);
      assert.ok(held.slice(0, 40).every((id) => !eog.has(id)));
      ended += held.slice(40).filter((id) => eog.has(id)).length;
    }
    assert.ok(ended > 0, 'none of the seeds would have ended a generation');
  });

  test('a temperature of next to nothing is greedy, and the largest seed repeats like any other', async () => {
    const cold = await decode(0, tinyGolden.prompt, 10, { sampling: { temperature: 1e-40 } });
    assert.deepEqual(cold, tinyGolden.greedy.slice(0, 10));
    const last = { sampling: { temperature: 2, seed: 2 ** 32 - 1 } };
    assert.deepEqual(await decode(0, tinyGolden.prompt, 20, last), await decode(0, tinyGolden.prompt, 20, last));
  });

  test('loads with the smallest batch size', async () => {
    for (const [batchSize, slots] of [
      [1, 1],
      [1, 2],
      [4, 2],
    ] as const) {
      const small = await loadTiny({ path, format, batchSize, slots });
      assert.equal(small.stepper.batchSize, Math.max(batchSize, slots));
      await small.stepper.dispose();
    }
  });
});
