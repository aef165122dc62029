import type { TokenLogprobs } from '../../../contract/tokens.ts';
import type { Candidates } from './candidates.ts';
import { expOfMinus } from './exponential.ts';

/**
 * Log probabilities of the model's own distribution: temperature 1, nothing cut off.
 * @param row logits that nothing has changed yet
 * @param id the token that was sampled
 * @param top how many of the likeliest are listed
 * @param candidates memory for them
 */
export function readLogprobs(row: Float32Array, id: number, top: number, candidates: Candidates): TokenLogprobs {
  let max = -Infinity;
  for (let i = 0; i < row.length; i += 1) {
    const logit = row[i] ?? -Infinity;
    if (logit > max) max = logit;
  }
  let sum = 0;
  for (let i = 0; i < row.length; i += 1) {
    const weight = expOfMinus(max - (row[i] ?? -Infinity));
    // A logit that is no number has no share.
    if (weight > 0) sum += weight;
  }
  const logprob = (logit: number): number => Math.min(0, logit - max - Math.log(sum));
  if (top === 0) return { logprob: logprob(row[id] ?? -Infinity), top: [] };
  candidates.takeTop(row, top);
  return {
    logprob: logprob(row[id] ?? -Infinity),
    top: candidates.sorted().map((one) => ({ id: one.id, logprob: logprob(one.logit) })),
  };
}
