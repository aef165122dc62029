import { z } from 'zod';
import type { Timings, Usage } from '../contract/generate.ts';

const count = z.int().min(0);
const amount = z.number().min(0);

/** What `wireTimings` makes; times are milliseconds. */
export const timings = z.object({
  cache_n: count.describe('Prompt tokens that were there already.'),
  prompt_n: count.describe('Prompt tokens that were read.'),
  prompt_ms: amount,
  prompt_per_token_ms: amount,
  prompt_per_second: amount,
  predicted_n: count.describe('New tokens.'),
  predicted_ms: amount,
  predicted_per_token_ms: amount,
  predicted_per_second: amount,
});

/**
 * llama-server's `timings`: what reading and writing took, and how fast they were.
 * `prompt_n` counts the tokens that were read, `cache_n` those that were there already.
 */
export function wireTimings(
  { promptTokens, completionTokens, cachedTokens }: Usage,
  times: Timings,
): z.infer<typeof timings> {
  const promptMs = Math.max(0, times.firstTokenMs - times.queueMs);
  const predictedMs = Math.max(0, times.totalMs - times.firstTokenMs);
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
