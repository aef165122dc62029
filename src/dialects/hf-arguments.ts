import type { z } from 'zod';
import type { GenerateRequest } from '../contract/generate.ts';
import { InferenceError } from '../contract/errors.ts';
import { absent, boolean, empty, integer, number, only, seed, stop, text } from './fields.ts';
import { isGiven, stopList, withoutUnset } from './request.ts';

/** New tokens where neither max_new_tokens nor max_length is given (Transformers has 20). */
const SILENT_MAX_TOKENS = 512;

const beams = 'there is no beam search here';
const mask = 'token masks are not supported';
const ends = "the model's own end-of-sequence tokens are used";
const extras = 'replies hold texts and counts alone';

/** Hugging Face generate arguments with a meaning here. Names as in Transformers' GenerationConfig. */
const understood = {
  model: text(),
  stream: boolean(),
  max_new_tokens: integer(1, Infinity),
  max_length: integer(1, Infinity),
  min_new_tokens: integer(0, Infinity),
  do_sample: boolean(),
  temperature: number(0, Infinity, 'use 0 for greedy decoding'),
  top_p: number(0, 1, 'use 1 to keep all tokens'),
  top_k: integer(0, Infinity, 'use 0 to keep all tokens'),
  min_p: number(0, 1, 'use 0 to keep all tokens'),
  // bounds that stay finite in the engine's 32-bit arithmetic
  repetition_penalty: number(0.01, 100, 'use 1 for no penalty'),
  frequency_penalty: number(-2, 2, 'use 0 for no penalty'),
  presence_penalty: number(-2, 2, 'use 0 for no penalty'),
  num_return_sequences: integer(1, 128),
  stop,
  stop_strings: stop,
  seed,
};

/** Arguments taken at the value that changes nothing, so that a whole dumped GenerationConfig is accepted. */
const neutral = {
  min_length: only([0], 'it would count the prompt (use min_new_tokens)'),
  num_beams: only([1], beams),
  num_beam_groups: only([1], beams),
  diversity_penalty: only([0], beams),
  early_stopping: only([false], beams),
  length_penalty: only([1], beams),
  best_of: only([1], beams),
  constraints: absent(beams),
  force_words_ids: absent(beams),
  no_repeat_ngram_size: only([0], 'repeated n-grams are not tracked (use repetition_penalty)'),
  encoder_no_repeat_ngram_size: only([0], 'there is no encoder'),
  encoder_repetition_penalty: only([1], 'there is no encoder'),
  decoder_input_details: only([false], extras),
  typical_p: only([1], 'typical sampling is not supported (use top_p or min_p)'),
  epsilon_cutoff: only([0], 'use min_p'),
  eta_cutoff: only([0], 'use min_p'),
  penalty_alpha: only([0], 'contrastive search is not supported'),
  guidance_scale: only([1], 'guidance is not supported'),
  bad_words_ids: absent(mask),
  suppress_tokens: empty(mask),
  begin_suppress_tokens: empty(mask),
  sequence_bias: absent(mask),
  forced_bos_token_id: absent(mask),
  forced_eos_token_id: absent(mask),
  exponential_decay_length_penalty: absent(mask),
  remove_invalid_values: only([false], mask),
  bos_token_id: absent(ends),
  eos_token_id: absent(ends),
  pad_token_id: absent(ends),
  max_time: absent('the server sets the time limit'),
  truncate: absent('a prompt is never truncated'),
  token_healing: only([false], 'it is not supported'),
  watermark: only([false], 'it is not supported'),
  grammar: absent('grammars are not supported yet'),
  adapter_id: absent('adapters are not supported'),
  details: only([false], extras),
  top_n_tokens: absent(extras),
  output_scores: only([false], extras),
  output_logits: only([false], extras),
  output_attentions: only([false], extras),
  output_hidden_states: only([false], extras),
  return_dict_in_generate: only([false], extras),
  // these three cannot change the text
  use_cache: boolean(),
  renormalize_logits: boolean(),
  low_memory: boolean(),
};

export const hfArguments = { ...understood, ...neutral };

export type HfArguments = z.infer<z.ZodObject<typeof hfArguments>>;

/**
 * Translates generate arguments; the prompt is added by the dialect.
 * max_new_tokens wins over max_length, and do_sample false over temperature, as in Transformers.
 * @param path put before the names in errors: `parameters.`
 * @throws InferenceError invalid_request for arguments that contradict each other
 */
export function toRequest(given: HfArguments, path = ''): Omit<GenerateRequest, 'prompt'> {
  const maxTokens = given.max_new_tokens ?? undefined;
  const maxTotalTokens = maxTokens === undefined ? (given.max_length ?? undefined) : undefined;
  const minTokens = given.min_new_tokens ?? 0;
  if (maxTokens !== undefined && minTokens > maxTokens) {
    const param = `${path}min_new_tokens`;
    const message = `${param} must be at most max_new_tokens (${maxTokens}), got ${minTokens}.`;
    throw new InferenceError('invalid_request', message, { param });
  }
  if (isGiven(given.stop) && isGiven(given.stop_strings)) {
    const param = `${path}stop_strings`;
    throw new InferenceError('invalid_request', `${param} and stop mean the same; give one of them.`, { param });
  }
  return {
    model: given.model ?? undefined,
    n: given.num_return_sequences ?? 1,
    maxTokens,
    maxTotalTokens,
    silentMaxTokens: maxTokens === undefined && maxTotalTokens === undefined ? SILENT_MAX_TOKENS : undefined,
    // Transformers is greedy unless told to sample, and then begins at 1
    silentTemperature: given.do_sample === true ? 1 : 0,
    minTokens,
    ignoreEos: false,
    sampling: withoutUnset({
      temperature: given.do_sample === false ? 0 : given.temperature,
      topP: given.top_p,
      topK: given.top_k,
      minP: given.min_p,
      repetitionPenalty: given.repetition_penalty,
      frequencyPenalty: given.frequency_penalty,
      presencePenalty: given.presence_penalty,
      seed: given.seed,
    }),
    stop: stopList(given.stop ?? given.stop_strings),
    names: {
      maxTokens: `${path}max_new_tokens`,
      maxTotalTokens: `${path}max_length`,
      minTokens: `${path}min_new_tokens`,
      n: `${path}num_return_sequences`,
    },
  };
}
