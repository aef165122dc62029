import { z } from 'zod';
import { boolean, integer, must, text } from '../fields.ts';
import { openaiPrompt, promptField } from '../prompts.ts';
import { chatBody } from './chat-body.ts';

const { model, keep_alive } = chatBody.shape;
/** What means the same in chat. */
const { shape: shared } = chatBody.pick({
  temperature: true,
  top_p: true,
  n: true,
  stop: true,
  seed: true,
  stream: true,
  stream_options: true,
  frequency_penalty: true,
  presence_penalty: true,
  top_k: true,
  min_p: true,
  repetition_penalty: true,
  ignore_eos: true,
  min_tokens: true,
  logit_bias: true,
  cache_prompt: true,
  grammar: true,
  response_format: true,
  user: true,
  metadata: true,
  service_tier: true,
  store: true,
});

/** https://platform.openai.com/docs/api-reference/completions/create */
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
    ...shared,
  },
  { error: must('a JSON object') },
);
export type CompletionsBody = z.infer<typeof completionsBody>;
