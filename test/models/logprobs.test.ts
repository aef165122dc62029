import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TokenLogprobs, TokenRequest } from '../../src/contract/tokens.ts';
import { addonContext, addonModel, createAddonSampler, type AddonSampler } from '../../src/engines/gguf/addon.ts';
import { openDevice } from '../../src/engines/gguf/devices.ts';
import { LogprobReader } from '../../src/engines/gguf/logprobs.ts';
import type { GeneratorEngine } from '../../src/engines/index.ts';
import { onBothTinyEngines, type EngineModel } from '../support/engines.ts';
import { loadTiny, tinyGolden, tinyPath } from '../support/tiny-model.ts';
import { greedy } from '../support/token-requests.ts';

const VOCABULARY = 320;
/** What each engine has told of every token after the prompt. */
const toldBy = new Map<EngineModel['format'], ReadonlyMap<number, number>>();

function near(actual: number | undefined, expected: number, tolerance = 1e-3): void {
  assert.ok(Math.abs((actual ?? Infinity) - expected) < tolerance, `${actual} is not ${expected}`);
}

test('llama.cpp: log probabilities are those of the whole vocabulary at temperature 1', async () => {
  const llama = await openDevice('cpu', undefined);
  const model = await llama.loadModel({ modelPath: tinyPath });
  const context = await model.createContext({ contextSize: 64, sequences: 1, batchSize: 64, threads: 1 });
  const native = addonContext(context);
  const neutral = createAddonSampler(llama, addonModel(model));
  neutral.applyConfig({ temperature: 1, seed: 7 });
  native.initBatch(64);
  const last = Uint32Array.of(tinyGolden.prompt.length - 1);
  const [index = -1] = native.addToBatch(0, 0, Uint32Array.from(tinyGolden.prompt), last);
  native.setThreads(1);
  await native.decodeBatch();
  const all = native.sampleToken as unknown as (
    index: number,
    sampler: AddonSampler,
    probabilities: true,
  ) => Promise<[number, number[]]>;
  const [id, flat] = await all.call(native, index, neutral, true);
  const truth = Array.from({ length: VOCABULARY }, (_, at) => ({ id: flat[2 * at], p: flat[2 * at + 1] ?? NaN }));
  assert.equal(flat.length, 2 * VOCABULARY);

  const reader = new LogprobReader(() => createAddonSampler(llama, addonModel(model)));
  for (const top of [0, 5, VOCABULARY]) {
    reader.begin(top);
    const { logprob, top: list } = await reader.read(native, index, id);
    near(logprob, Math.log(truth.find((one) => one.id === id)?.p ?? NaN));
    assert.deepEqual(
      list.map((one) => one.id),
      truth.slice(0, top).map((one) => one.id),
    );
    for (const [rank, one] of list.entries()) near(one.logprob, Math.log(truth[rank]?.p ?? NaN));
    if (top === VOCABULARY)
      near(
        list.reduce((sum, one) => sum + Math.exp(one.logprob), 0),
        1,
      );
  }
  reader.dispose();
  neutral.dispose();
  await context.dispose();
  await model.dispose();
});

onBothTinyEngines(({ path, format }) => {
  let engine: GeneratorEngine;
  before(async () => {
    // In full precision, as ONNX Runtime computes this model.
    engine = await loadTiny({ path, format, kvCacheType: 'f32', flashAttention: 'off' });
  });
  after(() => engine.stepper.dispose());

  /** Reads the prompt in each slot and samples once. */
  async function firstTokens(
    requests: readonly Partial<TokenRequest>[],
  ): Promise<{ id: number; logprobs?: TokenLogprobs }[]> {
    const { stepper } = engine;
    for (const [slot, request] of requests.entries()) {
      await stepper.trim(slot, 0);
      await stepper.begin(slot, {
        prompt: tinyGolden.prompt,
        maxTokens: 4,
        minTokens: 0,
        sampling: greedy,
        ...request,
      });
    }
    const results = await stepper.step(requests.map((_, slot) => ({ slot, tokens: tinyGolden.prompt, sample: true })));
    return results
      .toSorted((a, b) => a.slot - b.slot)
      .map(({ id, logprobs }) => ({ id, ...(logprobs && { logprobs }) }));
  }

  test('slots of one step are told what each asked for, and no slot more', async () => {
    const results = await firstTokens([{ logprobs: 3 }, {}, { logprobs: 0 }, { logprobs: 20 }]);
    const [three, none, zero, twenty] = results;
    assert.deepEqual(
      results.map(({ logprobs }) => logprobs?.top.length),
      [3, undefined, 0, 20],
    );
    assert.deepEqual(Object.keys(none ?? {}), ['id']);
    assert.equal(three?.logprobs?.top[0]?.id, three?.id);
    assert.equal(three?.logprobs?.top[0]?.logprob, three?.logprobs?.logprob);
    near(zero?.logprobs?.logprob, three?.logprobs?.logprob ?? NaN, 1e-4);
    assert.deepEqual(
      twenty?.logprobs?.top.slice(0, 3).map(({ id }) => id),
      three?.logprobs?.top.map(({ id }) => id),
    );
    const [again] = await firstTokens([{}]);
    assert.deepEqual(Object.keys(again ?? {}), ['id'], 'the next request of the slot asks for none');
  });

  test("the values are the model's own whatever the request samples with, also of a token outside the list", async () => {
    const [plain] = await firstTokens([{ logprobs: VOCABULARY }]);
    const raw = new Map(plain?.logprobs?.top.map(({ id, logprob }) => [id, logprob]));
    let outside = 0;
    for (let seed = 1; seed <= 8; seed += 1) {
      const sampling = { ...greedy, temperature: 3, seed, topK: 200, repetitionPenalty: 1.5 };
      const [result] = await firstTokens([{ logprobs: 2, minTokens: 4, sampling }]);
      near(result?.logprobs?.logprob, raw.get(result?.id ?? -1) ?? NaN);
      assert.ok((result?.logprobs?.logprob ?? 1) <= 0);
      if (!result?.logprobs?.top.some(({ id }) => id === result.id)) outside += 1;
    }
    assert.ok(outside > 0, 'every sampled token was in the list');
  });

  test('asking for log probabilities changes no token', async () => {
    const sampling = { ...greedy, temperature: 1.5, seed: 11 };
    const [silent] = await firstTokens([{ sampling }]);
    const [told] = await firstTokens([{ sampling, logprobs: 5 }]);
    assert.equal(told?.id, silent?.id);
  });

  test('the probabilities of all tokens make 1', async () => {
    const [all] = await firstTokens([{ logprobs: VOCABULARY }]);
    const top = all?.logprobs?.top ?? [];
    assert.equal(new Set(top.map(({ id }) => id)).size, VOCABULARY);
    near(
      top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0),
      1,
      1e-4,
    );
    toldBy.set(format, new Map(top.map(({ id, logprob }) => [id, logprob])));
  });
});

test('both engines tell the same log probabilities of all tokens', () => {
  const { gguf, onnx } = Object.fromEntries(toldBy);
  assert.equal(gguf?.size, VOCABULARY);
  for (const [id, logprob] of gguf) near(onnx?.get(id), logprob);
});
