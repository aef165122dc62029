import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Candidates } from '../../src/engines/onnx/sampling/candidates.ts';
import { expOfMinus } from '../../src/engines/onnx/sampling/exponential.ts';
import { Random } from '../../src/engines/onnx/sampling/random.ts';
import { deviation, distribution } from '../support/sampling-reference.ts';
import { greedy } from '../support/token-requests.ts';

// Equal logits and banned tokens come often: that is where cuts go wrong.
const logit = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -40, max: 40, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(-Infinity) },
);
const cuts = fc.record({
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 120 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1, noNaN: true })),
});

function cut(row: Float32Array, { topK, topP, minP }: { topK: number; topP: number; minP: number }): Candidates {
  const candidates = new Candidates(row.length);
  if (topK > 0) candidates.takeTop(row, topK);
  else candidates.takeAll(row);
  if (topP < 1) candidates.keepNucleus(topP);
  if (minP > 0) candidates.keepNear(minP);
  return candidates;
}

describe('cutting a row of logits', () => {
  it('keeps the tokens that a full sort keeps, for any cuts', () => {
    const property = fc.property(fc.array(logit, { minLength: 1, maxLength: 200 }), cuts, (logits, given) => {
      const row = Float32Array.from(logits);
      const kept = cut(row, given).sorted();
      const at = (topP: number) => distribution([...row], { ...greedy, ...given, topP, temperature: 1 });
      const wanted = at(given.topP);
      // Where sums are the same but for rounding, either cut is right.
      fc.pre(at(given.topP - 1e-9).size === wanted.size && at(given.topP + 1e-9).size === wanted.size);
      assert.deepEqual(
        kept.map(({ id }) => id),
        [...wanted.keys()],
      );
      for (const one of kept) assert.equal(one.logit, row[one.id]);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('keeps the likeliest token whatever the cuts', () => {
    const row = Float32Array.of(1, 3, 2);
    for (const given of [
      { topK: 1, topP: 1, minP: 0 },
      { topK: 0, topP: 0, minP: 0 },
      { topK: 0, topP: 1, minP: 1 },
    ]) {
      assert.deepEqual(cut(row, given).sorted(), [{ id: 1, logit: 3 }]);
    }
  });

  it('keeps nothing where all are banned, and leaves out what is no number', () => {
    assert.equal(cut(Float32Array.of(-Infinity, -Infinity), { topK: 0, topP: 1, minP: 0 }).count, 0);
    for (const topK of [0, 3]) {
      const kept = cut(Float32Array.of(NaN, 1, NaN, 2), { topK, topP: 1, minP: 0 }).sorted();
      assert.deepEqual(
        kept.map(({ id }) => id),
        [3, 1],
      );
    }
  });

  it('draws a token whose bias made its logit infinite', () => {
    const candidates = cut(Float32Array.of(5, Infinity, 1), { topK: 0, topP: 0.9, minP: 0.1 });
    assert.equal(candidates.draw(1, new Random(1)), 1);
  });
});

describe('drawing', () => {
  for (const temperature of [0.3, 1, 2.5]) {
    it(`draws each token as often as its probability says at temperature ${temperature}`, () => {
      const random = new Random(5);
      const row = Float32Array.from({ length: 50 }, () => 6 * random.next());
      const candidates = cut(row, { topK: 0, topP: 1, minP: 0 });
      const counts = new Map<number, number>();
      for (let draw = 0; draw < 100_000; draw += 1) {
        const id = candidates.draw(temperature, random);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      const score = deviation(counts, distribution([...row], { ...greedy, temperature }));
      assert.ok(Math.abs(score) < 5, `${score}`);
    });
  }

  it('weighs as Math.exp does', () => {
    const property = fc.property(fc.double({ min: 0, max: 63.99, noNaN: true }), (x) => {
      assert.ok(Math.abs(expOfMinus(x) / Math.exp(-x) - 1) < 1e-11);
    });
    fc.assert(property, { numRuns: 5000 });
    assert.equal(expOfMinus(0), 1);
    assert.deepEqual([64, 1e9, 1e300, Infinity].map(expOfMinus), [0, 0, 0, 0]);
  });
});

describe('random numbers', () => {
  it('are the same for the same seed and lie evenly between 0 and 1', () => {
    const first = new Random(0xffff_ffff);
    const second = new Random(0xffff_ffff);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 100_000; draw += 1) {
      const value = first.next();
      assert.equal(value, second.next());
      assert.ok(value >= 0 && value < 1);
      const tenth = Math.floor(10 * value);
      counts.set(tenth, (counts.get(tenth) ?? 0) + 1);
    }
    const even = new Map(Array.from({ length: 10 }, (_, tenth) => [tenth, 0.1]));
    assert.ok(Math.abs(deviation(counts, even)) < 5);
  });

  it('have nothing in common between neighbouring seeds, from the first on', () => {
    for (const place of [0, 1, 5]) {
      const values = Array.from({ length: 20_000 }, (_, seed) => {
        const random = new Random(seed);
        for (let skipped = 0; skipped < place; skipped += 1) random.next();
        return random.next();
      });
      // Pairs of neighbours fall evenly into a square of 8 by 8.
      const counts = new Map<number, number>();
      values.slice(1).forEach((value, before) => {
        const field = 8 * Math.floor(8 * value) + Math.floor(8 * (values[before] ?? 0));
        counts.set(field, (counts.get(field) ?? 0) + 1);
      });
      const even = new Map(Array.from({ length: 64 }, (_, field) => [field, 1 / 64]));
      assert.ok(Math.abs(deviation(counts, even)) < 5);
    }
  });
});
