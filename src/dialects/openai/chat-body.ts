import { z } from 'zod';
import { absent, boolean, empty, integer, must, number, only, seed, stop, text } from '../fields.ts';
import { keepAlive } from '../keep-alive.ts';
import { logitBias } from '../logit-bias.ts';
import { messageList } from '../messages.ts';
import { jsonObject } from '../json-value.ts';
import { responseFormat } from './response-format.ts';
import { toolChoice, toolList } from './tools.ts';

const later = 'it is not supported yet';
const textOnly = 'this model writes text only';
const filled = must('a string that is not empty');
/** How much a model may think. */
export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;
const object = z.looseObject({}, { error: must('an object') }).nullish();
const strings = must('an object whose values are strings');

/** Parameters with a meaning here; from `top_k` on they are extensions of llama-server or vLLM. */
const understood = {
  model: text(),
  keep_alive: keepAlive(),
  messages: messageList,
  max_tokens: integer(1, Infinity),
  max_completion_tokens: integer(1, Infinity),
  temperature: number(0, 2, 'use 0 for greedy decoding'),
  top_p: number(0, 1, 'use 1 to keep all tokens'),
  n: integer(1, 128),
  stop,
  seed,
  logprobs: boolean(),
  top_logprobs: integer(0, 20),
  stream: boolean(),
  stream_options: z
    .looseObject({ include_usage: boolean(), include_obfuscation: boolean() }, { error: must('an object') })
    .nullish(),
  frequency_penalty: number(-2, 2, 'use 0 for no penalty'),
  presence_penalty: number(-2, 2, 'use 0 for no penalty'),
  tools: toolList,
  tool_choice: toolChoice,
  parallel_tool_calls: boolean(),
  response_format: responseFormat,
  reasoning_effort: z.enum(efforts, { error: must(efforts.map((effort) => `"${effort}"`).join(', ')) }).nullish(),
  top_k: integer(-1, Infinity, 'use 0 to keep all tokens'),
  min_p: number(0, 1, 'use 0 to keep all tokens'),
  repetition_penalty: number(0.01, 100, 'use 1 for no penalty'),
  ignore_eos: boolean(),
  min_tokens: integer(0, Infinity),
  logit_bias: logitBias,
  cache_prompt: boolean(),
  grammar: z.string({ error: filled }).min(1, { error: filled }).nullish(),
  chat_template_kwargs: jsonObject('an object').nullish(),
  reasoning_format: z.enum(['none', 'auto', 'deepseek'], { error: must('"none", "auto" or "deepseek"') }).nullish(),
};

/** Parameters that could change the text or the reply, taken at the value that doesn't. */
const neutral = {
  functions: empty('functions are called tools now'),
  function_call: only(['auto', 'none'], 'it is called tool_choice now'),
  modalities: z.array(z.literal('text', { error: must('"text"', textOnly) }), { error: must('["text"]') }).nullish(),
  audio: absent(textOnly),
  store: only([false], 'replies are not stored'),
  verbosity: only(['medium'], later),
  web_search_options: absent('there is no web search here'),
};

/** Parameters of OpenAI's API that cannot change the text. */
const accepted = {
  user: text(),
  metadata: z.record(z.string(), z.string({ error: must('a string') }), { error: strings }).nullish(),
  service_tier: text(),
  prediction: object,
  prompt_cache_key: text(),
  prompt_cache_retention: text(),
  prompt_cache_options: object,
  safety_identifier: text(),
};

export const chatBody = z.looseObject({ ...understood, ...neutral, ...accepted }, { error: must('a JSON object') });
export type ChatBody = z.infer<typeof chatBody>;
