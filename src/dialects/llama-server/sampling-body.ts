import { z } from 'zod';
import type { Sampling } from '../../contract/generate.ts';
import { boolean, empty, integer, must, number, only, seed, text } from '../fields.ts';
import { jsonObject } from '../json-value.ts';
import { keepAlive } from '../keep-alive.ts';
import { nativeLogitBias } from '../logit-bias.ts';
import { isGiven, withoutUnset } from '../request.ts';

const stopError = must('a string or a list of up to 128 strings');

/** Fields of `/completion` and `/infill` with a meaning here. */
const understood = {
  model: text(),
  keep_alive: keepAlive(),
  n_predict: integer(-2, Infinity, 'use -1 for as many as fit'),
  max_tokens: integer(-2, Infinity, 'use -1 for as many as fit'),
  n_cmpl: integer(1, 128),
  n: integer(1, 128),
  stream: boolean(),
  stop: z
    .union([z.string(), z.array(z.string(), { error: stopError }).max(128, { error: stopError })], { error: stopError })
    .nullish(),
  seed,
  temperature: number(-100, 100, 'use 0 for greedy decoding'),
  top_k: integer(-1, Infinity, 'use 0 to keep all tokens'),
  top_p: number(0, 1, 'use 1 to keep all tokens'),
  min_p: number(0, 1, 'use 0 to keep all tokens'),
  repeat_penalty: number(0.01, 100, 'use 1 for no penalty'),
  repeat_last_n: integer(-1, Infinity, 'use 0 for no penalty, -1 for all tokens'),
  presence_penalty: number(-100, 100, 'use 0 for no penalty'),
  frequency_penalty: number(-100, 100, 'use 0 for no penalty'),
  ignore_eos: boolean(),
  logit_bias: nativeLogitBias,
  n_probs: integer(0, 100),
  cache_prompt: boolean(),
  return_tokens: boolean(),
  /** GBNF; empty is none. */
  grammar: text(),
  json_schema: z.union([jsonObject('a JSON Schema'), z.boolean()], { error: must('a JSON Schema') }).nullish(),
  response_fields: z.array(z.string(), { error: must('a list of names') }).nullish(),
};

const later = 'it is not supported yet';
const sampler = 'this sampler is not supported';

/** Fields that could change the text or the reply, taken at the value that doesn't. */
const neutral = {
  typical_p: only([1], sampler),
  dry_multiplier: only([0], sampler),
  xtc_probability: only([0], sampler),
  mirostat: only([0], sampler),
  dynatemp_range: only([0], sampler),
  top_n_sigma: only([-1, 0], sampler),
  post_sampling_probs: only([false], later),
  lora: empty('adapters are not supported'),
};

const noEffect = z.unknown().optional();

/** Fields that change nothing while what they belong to is off, or that only place the work. */
const accepted = {
  dry_base: noEffect,
  dry_allowed_length: noEffect,
  dry_penalty_last_n: noEffect,
  dry_sequence_breakers: noEffect,
  xtc_threshold: noEffect,
  mirostat_tau: noEffect,
  mirostat_eta: noEffect,
  dynatemp_exponent: noEffect,
  n_keep: noEffect,
  n_discard: noEffect,
  n_cache_reuse: noEffect,
  id_slot: noEffect,
};

export const samplingFields = { ...understood, ...neutral, ...accepted };

export type SamplingBody = z.infer<z.ZodObject<typeof samplingFields>>;

/** llama-server's own defaults. */
export const silentTemperature = 0.8;
export const silentSampling = { topK: 40, topP: 0.95, minP: 0.05 };

/** What a body says of sampling. Seed −1, also as an unsigned number, means a fresh one. */
export function samplingOf(body: SamplingBody): Partial<Sampling> {
  const unpenalized = body.repeat_last_n === 0;
  const fresh = isGiven(body.seed) && body.seed >>> 0 === 0xffff_ffff;
  return withoutUnset({
    temperature: isGiven(body.temperature) ? Math.max(0, body.temperature) : undefined,
    topP: body.top_p,
    topK: isGiven(body.top_k) ? Math.max(0, body.top_k) : undefined,
    minP: body.min_p,
    repetitionPenalty: unpenalized ? 1 : body.repeat_penalty,
    frequencyPenalty: unpenalized ? 0 : body.frequency_penalty,
    presencePenalty: unpenalized ? 0 : body.presence_penalty,
    seed: fresh ? undefined : body.seed,
  });
}
