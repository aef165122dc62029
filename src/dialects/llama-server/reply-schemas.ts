import { z } from 'zod';
import { timings } from '../timings.ts';

const count = z.int().min(0);
const score = {
  id: count,
  token: z.string(),
  bytes: z.array(z.int().min(0).max(255)),
  logprob: z.number().max(0),
};
const probabilities = z.array(z.object({ ...score, top_logprobs: z.array(z.object(score)) }));

/** Every field is optional because of `response_fields`, which may also name others, by their paths. */
const completion = z.looseObject({
  index: count.optional(),
  content: z.string().optional(),
  tokens: z.array(count).optional(),
  stop: z.boolean().optional(),
  model: z.string().optional(),
  tokens_predicted: count.optional(),
  tokens_evaluated: count.optional(),
  tokens_cached: count.optional().describe('Prompt tokens that were not read again.'),
  has_new_line: z.boolean().optional(),
  truncated: z.literal(false).optional(),
  stop_type: z.enum(['eos', 'limit', 'word']).optional(),
  stopping_word: z.string().optional(),
  timings: timings.optional(),
  completion_probabilities: probabilities.optional(),
});

/** One completion, or a list of several. */
export const completionReplySchema = z.union([completion, z.array(completion)]);

/** A piece has `stop: false`; the last frame of a completion has everything but the text. */
export const completionFrameSchema = completion;

export const tokenizeReplySchema = z.object({
  tokens: z.union([
    z.array(count),
    z.array(z.object({ id: count, piece: z.union([z.string(), z.array(z.int().min(0).max(255))]) })),
  ]),
});

export const propsSchema = z.object({
  default_generation_settings: z.object({
    n_ctx: count,
    params: z.looseObject({}).describe('What `/completion` does where a request is silent.'),
  }),
  total_slots: count,
  model_alias: z.string(),
  model_path: z.string().describe("The model's id: its place on the server's disk is not told."),
  modalities: z.object({ vision: z.boolean(), audio: z.boolean() }),
  chat_template: z.string(),
  bos_token: z.string(),
  eos_token: z.string(),
  build_info: z.string(),
  endpoint_slots: z.boolean(),
  endpoint_props: z.boolean(),
  is_sleeping: z.boolean(),
});

export const slotsSchema = z.array(
  z.object({
    id: count,
    n_ctx: count,
    speculative: z.boolean(),
    is_processing: z.boolean(),
    n_prompt_tokens: count,
    n_prompt_tokens_processed: count,
    n_prompt_tokens_cache: count,
    n_past: count,
    next_token: z.object({ has_next_token: z.boolean(), n_remain: z.int(), n_decoded: count }),
  }),
);

export const llamaServerErrorSchema = z.object({
  error: z.object({
    code: z.int().describe('The status.'),
    message: z.string().describe('One sentence that says what to change.'),
    type: z.string(),
    param: z.string().nullable().describe('The field that is wrong.'),
  }),
});
