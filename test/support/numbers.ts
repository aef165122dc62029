import assert from 'node:assert/strict';

/** Fails unless both lists have the same numbers, to so much. */
export function assertClose(got: ArrayLike<number>, expected: readonly number[], what: string, within = 1e-5): void {
  assert.equal(got.length, expected.length, what);
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs((got[index] ?? NaN) - value) <= within, `${what}: ${got[index]} for ${value} at ${index}`);
  }
}

export function softmax(logits: readonly number[]): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / sum);
}
