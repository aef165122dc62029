import { z } from 'zod';
import { absent, boolean, empty, integer, must, number, only, seed, text } from '../../fields.ts';
import { keepAlive } from '../../keep-alive.ts';
import { efforts } from '../chat-body.ts';
import { jsonObject } from '../../json-value.ts';
import { inputItems } from './items.ts';
import { textConfig } from './text-format.ts';
import { flatToolChoice, flatToolList } from './tools.ts';

const noEffect = z.unknown().optional();
const effortError = must(efforts.map((effort) => `"${effort}"`).join(', '));
const wholeThoughts = 'thoughts are told whole, and not summed up';

const reasoning = z.looseObject(
  {
    effort: z.enum(efforts, { error: effortError }).nullish(),
    summary: only(['auto'], wholeThoughts),
    generate_summary: only(['auto'], wholeThoughts),
  },
  { error: must('an object with effort') },
);

const streamOptions = z.looseObject({ include_obfuscation: boolean() }, { error: must('an object') });

/** What OpenAI can add to a reply; all but the first is of tools and pictures that are not here, or needs no adding. */
const includable = [
  'message.output_text.logprobs',
  'reasoning.encrypted_content',
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
] as const;

const metadataError = must('an object of up to 16 strings, under names of up to 64 characters');
const valueError = must('a string of up to 512 characters');
const metadata = z
  .record(z.string(), z.string({ error: valueError }).max(512, { error: valueError }), { error: metadataError })
  .refine((value) => Object.keys(value).length <= 16 && Object.keys(value).every((name) => name.length <= 64), {
    error: metadataError,
  });

/** Parameters with a meaning here; from `top_k` on they are extensions. */
const understood = {
  model: text(),
  keep_alive: keepAlive(),
  input: inputItems,
  instructions: text(),
  previous_response_id: text(),
  store: boolean(),
  stream: boolean(),
  stream_options: streamOptions.nullish(),
  max_output_tokens: integer(1, Infinity),
  temperature: number(0, 2, 'use 0 for greedy decoding'),
  top_p: number(0, 1, 'use 1 to keep all tokens'),
  tools: flatToolList,
  tool_choice: flatToolChoice,
  parallel_tool_calls: boolean(),
  text: textConfig,
  reasoning: reasoning.nullish(),
  include: z
    .array(z.enum(includable, { error: must(includable.map((one) => `"${one}"`).join(', ')) }), {
      error: must('a list of strings'),
    })
    .nullish(),
  top_logprobs: integer(0, 20),
  metadata: metadata.nullish(),
  top_k: integer(-1, Infinity, 'use 0 to keep all tokens'),
  min_p: number(0, 1, 'use 0 to keep all tokens'),
  repetition_penalty: number(0.01, 100, 'use 1 for no penalty'),
  frequency_penalty: number(-2, 2, 'use 0 for no penalty'),
  presence_penalty: number(-2, 2, 'use 0 for no penalty'),
  seed,
  cache_prompt: boolean(),
  chat_template_kwargs: jsonObject('an object').nullish(),
};

/** Parameters that could change the text or the reply, taken at the value that doesn't. */
const neutral = {
  truncation: only(['disabled'], 'a prompt is never cut short here: one that does not fit is refused'),
  background: only([false], 'a response is made while its client waits'),
  conversation: absent('conversations go on by previous_response_id'),
  prompt: absent('there are no stored prompts here'),
  context_management: empty('a prompt is never cut short here'),
  moderation: absent('nothing is moderated here'),
};

/** Parameters of OpenAI's API that cannot change the text. */
const accepted = {
  user: text(),
  service_tier: text(),
  safety_identifier: text(),
  prompt_cache_key: text(),
  prompt_cache_retention: text(),
  prompt_cache_options: noEffect,
  // it counts calls of OpenAI's own tools
  max_tool_calls: integer(1, Infinity),
};

export const responsesBody = z.looseObject(
  { ...understood, ...neutral, ...accepted },
  { error: must('a JSON object') },
);
export type ResponsesBody = z.infer<typeof responsesBody>;

/** The names of the fields that a body may have, and of those inside of some. */
export const bodyFields = {
  body: Object.keys(responsesBody.shape),
  stream_options: Object.keys(streamOptions.shape),
  reasoning: Object.keys(reasoning.shape),
};
