import { z } from 'zod';

/** An id, or several; null means none. */
const ids = z.union([z.int(), z.array(z.int()), z.null()]).optional();

const count = z.int().positive().nullish();

/** config.json (Transformers' PretrainedConfig), as far as it is used here; the rest is kept. */
export const configSchema = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().nullish(),
  vocab_size: count,
  max_position_embeddings: count,
  n_positions: count,
  n_ctx: count,
  max_seq_len: count,
  bos_token_id: ids,
  eos_token_id: ids,
  pad_token_id: ids,
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: count,
  problem_type: z.string().nullish(),
  'transformers.js_config': z.looseObject({ dtype: z.unknown() }).nullish(),
});
export type OnnxConfig = z.infer<typeof configSchema>;

/** generation_config.json: what ends a text, and how its makers sample. */
export const generationSchema = z.looseObject({
  bos_token_id: ids,
  eos_token_id: ids,
  pad_token_id: ids,
  do_sample: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
  min_p: z.number().nullish(),
  repetition_penalty: z.number().nullish(),
});
export type GenerationConfig = z.infer<typeof generationSchema>;

/** A token by its text, in either form of tokenizer_config.json. */
const token = z.union([z.string(), z.looseObject({ content: z.string() }), z.null()]).optional();

export const tokenizerConfigSchema = z.looseObject({
  bos_token: token,
  eos_token: token,
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  model_max_length: z.number().nullish(),
  tokenizer_class: z.string().nullish(),
  chat_template: z
    .union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() })), z.null()])
    .optional(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

const addedToken = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(true),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof addedToken>;

const part = z.looseObject({ type: z.string() }).nullable().default(null);
export type TokenizerPart = z.infer<typeof part>;

/** Pieces with their ids, or with their scores in the order of the ids. Not copied: they are up to 262,000, `__proto__` perhaps among them. */
const vocabulary = z.custom<Readonly<Record<string, number>> | readonly (readonly [string, number])[]>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value)
      ? value.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number')
      : Object.values(value).every((id) => Number.isInteger(id) && id >= 0)),
  { error: 'it maps pieces to ids' },
);

/** tokenizer.json, the serialised form of the Rust library `tokenizers`. */
export const tokenizerSchema = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
  // Old files leave the type out; then its other fields tell.
  model: z.looseObject({
    type: z.string().nullish(),
    vocab: vocabulary,
  }),
});
export type TokenizerJson = z.infer<typeof tokenizerSchema>;

/** modules.json of sentence-transformers: what follows the network. */
export const modulesSchema = z.array(z.looseObject({ type: z.string(), path: z.string() }));

/** Its config.json of a pooling module. */
export const poolingSchema = z.looseObject({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
  pooling_mode_max_tokens: z.boolean().default(false),
  pooling_mode_mean_sqrt_len_tokens: z.boolean().default(false),
  pooling_mode_weightedmean_tokens: z.boolean().default(false),
  pooling_mode_lasttoken: z.boolean().default(false),
});

/** sentence_bert_config.json: the longest input that the model was trained on. */
export const sentenceSchema = z.looseObject({ max_seq_length: count });
