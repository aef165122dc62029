import { z } from 'zod';
import { judgedSchema } from '../labels.ts';
import { timings } from '../timings.ts';

const count = z.int().min(0);

const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count.describe('The end-of-sequence token included.'),
  total_tokens: count,
  prompt_tokens_details: z
    .object({ cached_tokens: count.describe('Prompt tokens that were there already and not read again.') })
    .optional(),
  completion_tokens_details: z
    .object({ reasoning_tokens: count.describe('Tokens of what the model thought before it answered.') })
    .optional(),
});

const finishReason = z
  .string()
  .describe('`stop`: the model or a stop text ended it; `length`: the limit did; `tool_calls`: it calls tools.');

const reasoning = z.string().optional().describe('What the model thought before it answered.');
const called = z.object({
  name: z.string(),
  arguments: z.string().describe('A JSON object that keeps to the schema.'),
});

const head = {
  id: z.string(),
  created: count.describe('Unix seconds.'),
  model: z.string().describe('The model that answered.'),
  system_fingerprint: z.string(),
};

const score = {
  token: z.string(),
  logprob: z.number().max(0),
  bytes: z.array(z.int().min(0).max(255)).nullable(),
};
const chatLogprobs = z
  .object({
    content: z.array(z.object({ ...score, top_logprobs: z.array(z.object(score)) })).nullable(),
    refusal: z.null(),
  })
  .nullable();

/** https://platform.openai.com/docs/api-reference/chat/object, with llama-server's `timings`. */
export const chatReplySchema = z.object({
  ...head,
  object: z.literal('chat.completion'),
  choices: z.array(
    z.object({
      index: count,
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        reasoning_content: reasoning,
        tool_calls: z.array(z.object({ id: z.string(), type: z.literal('function'), function: called })).optional(),
        refusal: z.null(),
      }),
      logprobs: chatLogprobs,
      finish_reason: finishReason,
    }),
  ),
  usage,
  timings,
});

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export const chatChunkSchema = z.object({
  ...head,
  object: z.literal('chat.completion.chunk'),
  choices: z
    .array(
      z.object({
        index: count,
        delta: z.object({
          role: z.literal('assistant').optional(),
          content: z.string().nullish(),
          reasoning_content: reasoning,
          tool_calls: z
            .array(
              z.object({
                index: count,
                id: z.string().optional(),
                type: z.literal('function').optional(),
                function: called.partial(),
              }),
            )
            .optional()
            .describe('Id, type and name on the first piece of a call; the arguments in pieces.'),
        }),
        logprobs: chatLogprobs,
        finish_reason: finishReason.nullable(),
      }),
    )
    .describe('None on the chunk that tells the usage.'),
  usage: usage.nullish().describe('With `stream_options.include_usage` alone: null but on the last chunk.'),
  timings: timings.optional().describe('On the last chunk.'),
});

const legacyLogprobs = z
  .object({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number().max(0)),
    top_logprobs: z.array(z.record(z.string(), z.number().max(0))),
    text_offset: z.array(count),
  })
  .nullable();

const textChoice = { text: z.string(), index: count, logprobs: legacyLogprobs };

/** https://platform.openai.com/docs/api-reference/completions/object, with llama-server's `timings`. */
export const completionsReplySchema = z.object({
  ...head,
  object: z.literal('text_completion'),
  choices: z.array(z.object({ ...textChoice, finish_reason: finishReason })),
  usage,
  timings,
});

/** A chunk has the reply's form. */
export const completionsChunkSchema = z.object({
  ...head,
  object: z.literal('text_completion'),
  choices: z.array(z.object({ ...textChoice, finish_reason: finishReason.nullable() })),
  usage: usage.nullish(),
  timings: timings.optional().describe('On the last chunk.'),
});

/** A model, as `/v1/models` lists it. */
export const modelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: count.describe('Unix seconds of its load, or of the time at which the server came to know it.'),
  owned_by: z.string(),
  state: z
    .enum(['unloaded', 'loading', 'ready', 'unloading', 'failed'])
    .describe('A request loads it where it is not ready.'),
  progress: z.number().optional().describe('The share that is loaded, 0 to 1, while it loads.'),
  error: z.string().optional().describe('Why it failed.'),
  status: z
    .object({ value: z.string(), failed: z.boolean().optional() })
    .describe("The state in the words of llama-server's router."),
  context_size: count
    .optional()
    .describe('Tokens that a request has at most, prompt and completion together; known once it was loaded.'),
  format: z.string(),
  tasks: z.array(z.string()).describe('What it can do.'),
  dimensions: count.optional().describe('Numbers of a vector, where it makes vectors.'),
  labels: z.array(z.string()).optional().describe('What it tells texts apart by, where it classifies.'),
  memory_bytes: count.optional().describe('What it takes, or is expected to take, as it counts for the budget.'),
  measured_bytes: count.optional().describe('By how much the process grew when it was loaded.'),
  active: count.describe('Requests that work with it.'),
  waiting: count.describe('Requests that wait for it to be loaded.'),
});

const inputUsage = z.object({ prompt_tokens: count, total_tokens: count });

/** https://platform.openai.com/docs/api-reference/embeddings/object */
export const embeddingsReplySchema = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: count,
      embedding: z
        .union([z.array(z.number()), z.string()])
        .describe('Numbers, or base64 of them as little-endian 32-bit floats.'),
    }),
  ),
  model: z.string(),
  usage: inputUsage,
});

/** Jina's form, and the bare list of Text Embeddings Inference. */
export const rerankReplySchema = z.union([
  z.object({
    object: z.literal('list'),
    model: z.string(),
    results: z.array(
      z.object({
        index: count,
        relevance_score: z.number().min(0).max(1),
        document: z.object({ text: z.string() }).optional(),
      }),
    ),
    usage: inputUsage,
  }),
  z.array(z.object({ index: count, score: z.number().min(0).max(1), text: z.string().optional() })),
]);

/** vLLM's reply of `/classify`. */
export const classifyReplySchema = z.object({
  id: z.string(),
  object: z.literal('list'),
  created: count.describe('Unix seconds.'),
  model: z.string(),
  data: z.array(judgedSchema),
  usage: inputUsage.extend({ completion_tokens: z.literal(0) }),
});

/** https://platform.openai.com/docs/guides/error-codes */
export const openaiErrorSchema = z.object({
  error: z.object({
    message: z.string().describe('One sentence that says what to change.'),
    type: z.string(),
    param: z.string().nullable().describe('The field that is wrong.'),
    code: z.string().nullable(),
  }),
});
