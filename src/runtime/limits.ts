import { InferenceError } from '../contract/errors.ts';
import type { GenerateRequest } from '../contract/generate.ts';
import { tooLong } from './tokenize.ts';

/**
 * How many new tokens a request may have at most.
 * What it asks for itself must fit; a ceiling (max_length) and what it is silent about are lowered to what fits.
 * @param fallback the server's own default for requests that are silent
 * @throws InferenceError context_exceeded, invalid_request, with the numbers
 */
export function newTokenLimit(
  request: Pick<GenerateRequest, 'maxTokens' | 'maxTotalTokens' | 'silentMaxTokens' | 'minTokens' | 'names'>,
  promptTokens: number,
  contextSize: number,
  fallback: number | undefined,
): number {
  const { maxTokens, maxTotalTokens = Infinity, minTokens, names } = request;
  const room = contextSize - promptTokens;
  if (room < 1) throw tooLong(`${promptTokens} tokens`, contextSize);
  if (maxTotalTokens <= promptTokens) {
    throw new InferenceError(
      'invalid_request',
      `The prompt has ${promptTokens} tokens, so ${names.maxTotalTokens} ${maxTotalTokens} for prompt and answer together leaves no room; raise it above ${promptTokens}.`,
      { param: names.maxTotalTokens },
    );
  }
  if (maxTokens !== undefined && maxTokens > room) {
    throw new InferenceError(
      'context_exceeded',
      `The prompt's ${promptTokens} tokens and ${names.maxTokens} ${maxTokens} do not fit the context of ${contextSize}; ask for at most ${room} new tokens.`,
      { param: names.maxTokens },
    );
  }
  // A ceiling says how long the answer may be; only a request without one is silent.
  const silent = request.maxTotalTokens === undefined ? (fallback ?? request.silentMaxTokens ?? room) : room;
  const limit = Math.min(maxTokens ?? silent, maxTotalTokens - promptTokens, room);
  if (minTokens > limit) {
    throw new InferenceError(
      'invalid_request',
      `${names.minTokens} is ${minTokens}, but at most ${limit} new tokens are possible here; lower it.`,
      { param: names.minTokens },
    );
  }
  return limit;
}
