import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Sampling } from '../../src/contract/generate.ts';
import type { TokenRequest } from '../../src/contract/tokens.ts';
import { Random } from '../../src/engines/onnx/sampling/random.ts';
import { RowSampler } from '../../src/engines/onnx/sampling/sampler.ts';
import { plainModel } from '../support/sampling-vocabulary.ts';
import { adjustedLogits, deviation, distribution } from '../support/sampling-reference.ts';
import { greedy } from '../support/token-requests.ts';

const SIZE = 40;
const END = SIZE - 1;
const model = plainModel(SIZE);

function begun(request: Partial<Omit<TokenRequest, 'sampling'>> = {}, sampling: Partial<Sampling> = {}): RowSampler {
  const sampler = new RowSampler(model);
  sampler.begin({ prompt: [0], maxTokens: 100, minTokens: 0, ...request, sampling: { ...greedy, ...sampling } });
  return sampler;
}

function next(sampler: RowSampler, logits: Iterable<number>): number {
  const result = sampler.sample(Float32Array.from(logits));
  if ('stuck' in result) throw result.stuck;
  return result.id;
}

/** Logits of 0 but for these. */
function rowOf(logits: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: SIZE }, (_, id) => logits[id] ?? 0);
}

function randomRow(seed: number, spread = 6): number[] {
  const random = new Random(seed);
  return Array.from({ length: SIZE }, () => Math.fround(spread * (random.next() - 0.5)));
}

/** The index of the greatest, the first of equal ones. */
function argmax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

describe('choosing without chance', () => {
  it('takes the likeliest token after bias and penalties, for any of them', () => {
    const id = fc.nat(SIZE - 1);
    const property = fc.property(
      fc.record({
        logits: fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: SIZE, maxLength: SIZE }),
        prompt: fc.array(id, { minLength: 1, maxLength: 20 }),
        completion: fc.array(id, { maxLength: 20 }),
        bias: fc.array(fc.record({ id, bias: fc.oneof(fc.constant(-Infinity), fc.integer({ min: -9, max: 9 })) }), {
          maxLength: 5,
        }),
        repetitionPenalty: fc.constantFrom(1, 1.3, 0.8),
        presencePenalty: fc.constantFrom(0, 0.5, -0.5),
        frequencyPenalty: fc.constantFrom(0, 0.25, -0.25),
      }),
      ({ logits, prompt, completion, bias, ...penalties }) => {
        const sampler = begun({ prompt, logitBias: bias }, penalties);
        const biasOf = new Map(bias.map((one) => [one.id, one.bias]));
        // A bias that puts each token of the completion first makes the history that the property is about.
        const forced = begun({ prompt }, penalties);
        for (const one of completion) assert.equal(next(forced, rowOf({ [one]: 1000 })), one);
        const plain = { sampling: { ...greedy, ...penalties }, prompt };
        assert.equal(next(forced, logits), argmax(adjustedLogits(logits, { ...plain, completion })));
        assert.equal(next(sampler, logits), argmax(adjustedLogits(logits, { ...plain, completion: [], bias: biasOf })));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('counts the prompt for the repetition penalty alone, also where all three are set', () => {
    const logits = rowOf({ 3: 2, 4: 1.9 });
    assert.equal(next(begun({ prompt: [3] }, { presencePenalty: 2, frequencyPenalty: 2 }), logits), 3);
    assert.equal(next(begun({ prompt: [3] }, { repetitionPenalty: 1.5 }), logits), 4);
    // 2 / 1.01 is still more than 1.9; the others would take 4 off.
    const all = { repetitionPenalty: 1.01, presencePenalty: 2, frequencyPenalty: 2 };
    assert.equal(next(begun({ prompt: [3] }, all), logits), 3);
    const sampler = begun({ prompt: [7] }, { frequencyPenalty: 0.06 });
    assert.deepEqual([next(sampler, logits), next(sampler, logits), next(sampler, logits)], [3, 3, 4]);
  });

  it('makes a logit below 0 less likely too', () => {
    const logits = rowOf({}).map((_, id) => (id === 3 ? -1 : -1.2));
    assert.equal(next(begun({ prompt: [3] }, { repetitionPenalty: 1.5 }), logits), 0);
  });

  it('is greedy below a temperature of 0.000001', () => {
    const logits = rowOf({ 8: 0.001 });
    for (let seed = 0; seed < 50; seed += 1) assert.equal(next(begun({}, { temperature: 1e-7, seed }), logits), 8);
  });

  it('takes the last bias where a token has several, and a ban for good', () => {
    const logitBias = [
      { id: 5, bias: 50 },
      { id: 5, bias: -50 },
      { id: 6, bias: -Infinity },
    ];
    assert.equal(next(begun({ logitBias }), rowOf({ 5: 9, 6: 8, 7: 7 })), 7);
  });

  it('holds the end back until there are as many tokens as were asked for', () => {
    const sampler = begun({ minTokens: 2 });
    const logits = rowOf({ [END]: 9, 2: 1 });
    assert.deepEqual([next(sampler, logits), next(sampler, logits), next(sampler, logits)], [2, 2, END]);
  });

  it('never samples what a model has logits for but no tokens', () => {
    assert.equal(next(begun(), [...rowOf({ 2: 1 }), 50, 60]), 2);
  });
});

describe('choosing by chance', () => {
  const settings: Partial<Sampling>[] = [
    { temperature: 0.7 },
    { temperature: 1.5, topK: 12 },
    { temperature: 1, topP: 0.8 },
    { temperature: 2, minP: 0.1 },
    { temperature: 0.9, topK: 25, topP: 0.9, minP: 0.05, repetitionPenalty: 1.2 },
  ];
  for (const given of settings) {
    it(`draws as the plain description says with ${JSON.stringify(given)}`, () => {
      const logits = randomRow(11);
      const sampling = { ...greedy, ...given };
      const prompt = [argmax(logits), 3];
      const logitBias = [{ id: 7, bias: 2 }];
      const bias = new Map([[7, 2]]);
      const expected = distribution(adjustedLogits(logits, { sampling, prompt, completion: [], bias }), sampling);
      const counts = new Map<number, number>();
      for (let seed = 0; seed < 20_000; seed += 1) {
        const id = next(begun({ prompt, logitBias }, { ...given, seed }), logits);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const score = deviation(counts, expected);
      assert.ok(Math.abs(score) < 5, `${score}`);
    });
  }

  it('gives the same tokens for the same seed, whatever came before, and others for another', () => {
    const draw = (sampler: RowSampler) => Array.from({ length: 30 }, (_, step) => next(sampler, randomRow(step)));
    const request = { prompt: [0], maxTokens: 100, minTokens: 0 };
    const sampling = { ...greedy, temperature: 1, presencePenalty: 0.5 };
    const sampler = begun({}, { ...sampling, seed: 7 });
    const first = draw(sampler);
    const others = [8, 0, 0xffff_ffff].map((seed) => draw(begun({}, { ...sampling, seed })));
    sampler.begin({ ...request, sampling: { ...sampling, seed: 7 } });
    assert.deepEqual(draw(sampler), first);
    for (const other of others) assert.notDeepEqual(other, first);
  });
});

describe('log probabilities', () => {
  it("are the model's own: no bias, penalty, temperature or cut shows in them", () => {
    const logits = randomRow(3);
    const logitBias = [{ id: 4, bias: 100 }];
    const sampler = begun(
      { logprobs: 5, logitBias, prompt: [1, 2] },
      { temperature: 0.5, topK: 1, repetitionPenalty: 2 },
    );
    const result = sampler.sample(Float32Array.from(logits));
    assert.ok('id' in result && result.id === 4 && result.logprobs);
    const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    const sorted = logits.map((logit, id) => ({ id, logprob: logit - sum })).toSorted((a, b) => b.logprob - a.logprob);
    const near = (actual: number, expected = NaN) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);
    near(result.logprobs.logprob, (logits[4] ?? 0) - sum);
    assert.deepEqual(
      result.logprobs.top.map(({ id }) => id),
      sorted.slice(0, 5).map(({ id }) => id),
    );
    result.logprobs.top.forEach(({ logprob }, rank) => near(logprob, sorted[rank]?.logprob));
  });

  it('are told without a list where none is asked for, and not at all unless asked for', () => {
    const told = begun({ logprobs: 0 }).sample(Float32Array.from(rowOf({ 2: 100 })));
    assert.deepEqual(told, { id: 2, logprobs: { logprob: 0, top: [] } });
    assert.deepEqual(begun().sample(Float32Array.from(rowOf({ 2: 100 }))), { id: 2 });
  });
});

describe('nothing to choose', () => {
  it('is the fault of the request where it bans every token', () => {
    const logitBias = Array.from({ length: SIZE }, (_, id) => ({ id, bias: -Infinity }));
    for (const temperature of [0, 1]) {
      const result = begun({ logitBias }, { temperature }).sample(Float32Array.from(rowOf({})));
      assert.ok('stuck' in result);
      assert.equal(result.stuck.code, 'invalid_request');
      assert.match(result.stuck.message, /Every token of this model is banned/);
    }
  });

  it('is the fault of the model where its logits are no numbers', () => {
    const row = new Float32Array(SIZE).fill(NaN);
    assert.throws(() => begun().sample(row), /logits that are no numbers/);
    assert.throws(() => begun({}, { temperature: 1 }).sample(row), /logits that are no numbers/);
  });
});
