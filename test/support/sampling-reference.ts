import type { Sampling } from '../../src/contract/generate.ts';

/** What sampling says it does, written down as plainly as it can be. */
export interface ReferenceRequest {
  sampling: Sampling;
  prompt: readonly number[];
  completion: readonly number[];
  bias?: ReadonlyMap<number, number>;
  banned?: ReadonlySet<number>;
}

/** The logits after bias, bans and penalties, rounded as 32-bit floats where those are stored. */
export function adjustedLogits(logits: readonly number[], request: ReferenceRequest): number[] {
  const { sampling, prompt, completion, bias = new Map<number, number>(), banned = new Set<number>() } = request;
  return logits.map((raw, id) => {
    if (banned.has(id)) return -Infinity;
    let logit = Math.fround(raw + (bias.get(id) ?? 0));
    const times = completion.filter((one) => one === id).length;
    if (sampling.repetitionPenalty !== 1 && (times > 0 || prompt.includes(id))) {
      logit = Math.fround(logit > 0 ? logit / sampling.repetitionPenalty : logit * sampling.repetitionPenalty);
    }
    if (times > 0) logit = Math.fround(logit - times * sampling.frequencyPenalty - sampling.presencePenalty);
    return logit;
  });
}

/** The probability of each token that may be drawn, by its id. */
export function distribution(
  logits: readonly number[],
  { temperature, topK, topP, minP }: Sampling,
): Map<number, number> {
  let kept = logits
    .map((logit, id) => ({ id, logit }))
    .filter(({ logit }) => logit > -Infinity)
    .toSorted((a, b) => b.logit - a.logit || a.id - b.id);
  const max = kept[0]?.logit ?? 0;
  if (topK > 0) kept = kept.slice(0, topK);
  if (topP < 1) {
    const total = kept.reduce((sum, { logit }) => sum + Math.exp(logit - max), 0);
    let sum = 0;
    const last = kept.findIndex(({ logit }) => (sum += Math.exp(logit - max)) >= topP * total);
    kept = kept.slice(0, last === -1 ? undefined : last + 1);
  }
  if (minP > 0) kept = kept.filter(({ logit }) => logit >= max + Math.log(minP));
  const total = kept.reduce((sum, { logit }) => sum + Math.exp((logit - max) / temperature), 0);
  return new Map(kept.map(({ id, logit }) => [id, Math.exp((logit - max) / temperature) / total]));
}

/**
 * How far counts are from what a distribution expects: the standard score of Pearson's chi-square; above 5 by chance once in a
 * million times. Rare tokens are counted together.
 */
export function deviation(counts: ReadonlyMap<number, number>, expected: ReadonlyMap<number, number>): number {
  const draws = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if ([...counts.keys()].some((id) => !expected.has(id))) return Infinity;
  let rareCount = 0;
  let rareExpected = 0;
  let chiSquare = 0;
  let freedom = -1;
  const add = (count: number, wanted: number): void => {
    chiSquare += (count - wanted) ** 2 / wanted;
    freedom += 1;
  };
  for (const [id, probability] of expected) {
    const count = counts.get(id) ?? 0;
    if (probability * draws >= 10) add(count, probability * draws);
    else {
      rareCount += count;
      rareExpected += probability * draws;
    }
  }
  if (rareExpected >= 10) add(rareCount, rareExpected);
  return freedom < 1 ? 0 : (chiSquare - freedom) / Math.sqrt(2 * freedom);
}
