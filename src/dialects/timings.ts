import type { Timings, Usage } from '../contract/generate.ts';

/**
 * llama-server's `timings`: what reading and writing took, and how fast they were.
 * `prompt_n` counts the tokens that were read, `cache_n` those that were there already.
 */
export function wireTimings({ promptTokens, completionTokens, cachedTokens }: Usage, timings: Timings): object {
  const promptMs = Math.max(0, timings.firstTokenMs - timings.queueMs);
  const predictedMs = Math.max(0, timings.totalMs - timings.firstTokenMs);
  const read = promptTokens - cachedTokens;
  return {
    cache_n: cachedTokens,
    prompt_n: read,
    prompt_ms: promptMs,
    prompt_per_token_ms: ratio(promptMs, read),
    prompt_per_second: ratio(1000 * read, promptMs),
    predicted_n: completionTokens,
    predicted_ms: predictedMs,
    predicted_per_token_ms: ratio(predictedMs, completionTokens),
    predicted_per_second: ratio(1000 * completionTokens, predictedMs),
  };
}

/** JSON has no infinity. */
function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0;
}
