import { randomInt } from 'node:crypto';
import type { GenerateRequest, Sampling } from '../contract/generate.ts';

/** Sampling values of which some may be left open. */
export type OpenSampling = { [Name in keyof Sampling]?: Sampling[Name] | undefined };

/** What changes nothing. */
const neutral = {
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

/**
 * Every sampling value of one completion: the request's own, else the server's, else what its dialect's original does.
 * Without a seed each completion gets a fresh one; with a seed, completion i gets seed + i (modulo 2^32).
 */
export function resolveSampling(
  request: Pick<GenerateRequest, 'sampling' | 'silentTemperature' | 'silentSampling'>,
  defaults: OpenSampling,
  index: number,
): Sampling {
  const silent = { temperature: request.silentTemperature, ...neutral, ...request.silentSampling };
  const given = { ...silent, ...known(defaults), ...known(request.sampling) };
  return { ...given, seed: given.seed === undefined ? randomInt(2 ** 32) : ((given.seed >>> 0) + index) >>> 0 };
}

/** The fields that have a value; 0 is one. */
function known(sampling: OpenSampling): Partial<Sampling> {
  return Object.fromEntries(Object.entries(sampling).filter(([, value]) => value !== undefined));
}
