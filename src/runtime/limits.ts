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
  request: Pick<GenerateRequest, 'maxTokens' | 'maxTotalTokens' | 'silentMaxTokens' | 'minTokens'>,
  promptTokens: number,
  contextSize: number,
  fallback: number | undefined,
): number {
  const { maxTokens, maxTotalTokens = Infinity, minTokens } = request;
  const room = contextSize - promptTokens;
  if (room < 1) throw tooLong(`${promptTokens} tokens`, contextSize);
  if (maxTotalTokens <= promptTokens) {
    throw new InferenceError(
      'invalid_request',
      `The prompt has ${promptTokens} tokens, so a max_length of ${maxTotalTokens} for prompt and answer together leaves no room; raise max_length above ${promptTokens}.`,
      { param: 'max_length' },
    );
  }
  if (maxTokens !== undefined && maxTokens > room) {
    throw new InferenceError(
      'context_exceeded',
      `The prompt's ${promptTokens} tokens and the ${maxTokens} new ones that were asked for do not fit the context of ${contextSize}; ask for at most ${room} new tokens.`,
    );
  }
  const limit = Math.min(maxTokens ?? fallback ?? request.silentMaxTokens ?? room, maxTotalTokens - promptTokens, room);
  if (minTokens > limit) {
    throw new InferenceError(
      'invalid_request',
      `At least ${minTokens} new tokens were asked for, but at most ${limit} are possible here; lower the minimum.`,
    );
  }
  return limit;
}
