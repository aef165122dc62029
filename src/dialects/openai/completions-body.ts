import { z } from 'zod';
import { boolean, integer, must, text } from '../fields.ts';
import { openaiPrompt, promptField } from '../prompts.ts';
import { chatBody } from './chat-body.ts';

const {
  model,
  keep_alive,
  temperature,
  top_p,
  n,
  stop,
  seed,
  stream,
  stream_options,
  frequency_penalty,
  presence_penalty,
  top_k,
  min_p,
  repetition_penalty,
  ignore_eos,
  min_tokens,
  logit_bias,
  cache_prompt,
  grammar,
  response_format,
  user,
  metadata,
  service_tier,
  store,
} = chatBody.shape;

/** What chat takes as well means the same here. https://platform.openai.com/docs/api-reference/completions/create */
export const completionsBody = z.looseObject(
  {
    model,
    keep_alive,
    prompt: promptField(openaiPrompt),
    suffix: text(),
    max_tokens: integer(0, Infinity),
    echo: boolean(),
    logprobs: integer(0, 5),
    best_of: integer(1, 128),
    temperature,
    top_p,
    n,
    stop,
    seed,
    stream,
    stream_options,
    frequency_penalty,
    presence_penalty,
    top_k,
    min_p,
    repetition_penalty,
    ignore_eos,
    min_tokens,
    logit_bias,
    cache_prompt,
    grammar,
    response_format,
    user,
    metadata,
    service_tier,
    store,
  },
  { error: must('a JSON object') },
);
export type CompletionsBody = z.infer<typeof completionsBody>;
