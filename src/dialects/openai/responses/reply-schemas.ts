import { z } from 'zod';

const count = z.int().min(0);
const itemStatus = z.enum(['in_progress', 'completed', 'incomplete']);

const score = { token: z.string(), logprob: z.number().max(0), bytes: z.array(z.int().min(0).max(255)) };
const logprobs = z
  .array(z.object({ ...score, top_logprobs: z.array(z.object(score)) }))
  .describe('Filled where `include` asks for them.');

const textPart = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs,
});
const thoughtPart = z.object({ type: z.literal('reasoning_text'), text: z.string() });

const outputItem = z.discriminatedUnion('type', [
  z.object({
    id: z.string(),
    type: z.literal('message'),
    status: itemStatus,
    role: z.literal('assistant'),
    content: z.array(textPart),
  }),
  z.object({
    id: z.string(),
    type: z.literal('function_call'),
    status: itemStatus,
    call_id: z.string().describe('What the output of the function is sent back with.'),
    name: z.string(),
    arguments: z.string().describe('JSON.'),
  }),
  z.object({
    id: z.string(),
    type: z.literal('reasoning'),
    status: itemStatus,
    summary: z.array(z.never()),
    content: z.array(thoughtPart),
  }),
]);

const usage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({
    cached_tokens: count.describe('Prompt tokens that were there already and not read again.'),
    cache_write_tokens: count,
  }),
  output_tokens: count.describe('The end-of-sequence token included.'),
  output_tokens_details: z.object({ reasoning_tokens: count }),
  total_tokens: count,
});

/** https://platform.openai.com/docs/api-reference/responses/object; what a client asked for is told as it was asked. */
export const responseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
  created_at: count.describe('Unix seconds.'),
  completed_at: count.nullable(),
  background: z.literal(false),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.literal('max_output_tokens') }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: count.nullable(),
  max_tool_calls: count.nullable(),
  model: z.string().describe('The model that answered.'),
  output: z.array(outputItem),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.null() }),
  safety_identifier: z.string().nullable(),
  service_tier: z.literal('default'),
  store: z.boolean(),
  temperature: z.number(),
  text: z.object({ format: z.looseObject({ type: z.string() }), verbosity: z.literal('medium') }),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]),
  tools: z.array(z.looseObject({ type: z.literal('function'), name: z.string() })),
  top_logprobs: count,
  top_p: z.number(),
  frequency_penalty: z.number(),
  presence_penalty: z.number(),
  truncation: z.literal('disabled'),
  usage: usage.nullable(),
  user: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
});

const numbered = { sequence_number: count };
const place = { ...numbered, item_id: z.string(), output_index: count };
const inPart = { ...place, content_index: count };
const whole = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), ...numbered, response: responseSchema });
const ofItem = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), ...numbered, output_index: count, item: outputItem });
const ofPart = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), ...inPart, part: z.discriminatedUnion('type', [textPart, thoughtPart]) });

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export const responseEventSchema = z.discriminatedUnion('type', [
  whole('response.created'),
  whole('response.in_progress'),
  ofItem('response.output_item.added'),
  ofPart('response.content_part.added'),
  z.object({ type: z.literal('response.output_text.delta'), ...inPart, delta: z.string(), logprobs }),
  z.object({ type: z.literal('response.output_text.done'), ...inPart, text: z.string(), logprobs }),
  z.object({ type: z.literal('response.reasoning_text.delta'), ...inPart, delta: z.string() }),
  z.object({ type: z.literal('response.reasoning_text.done'), ...inPart, text: z.string() }),
  z.object({ type: z.literal('response.function_call_arguments.delta'), ...place, delta: z.string() }),
  z.object({
    type: z.literal('response.function_call_arguments.done'),
    ...place,
    name: z.string(),
    arguments: z.string(),
  }),
  ofPart('response.content_part.done'),
  ofItem('response.output_item.done'),
  whole('response.completed'),
  whole('response.incomplete'),
  whole('response.failed'),
]);

/** A page of input items. */
export const inputItemsSchema = z.object({
  object: z.literal('list'),
  data: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});
