import { z } from 'zod';
import type { GenerateResult } from '../contract/generate.ts';
import type { ReplyInfo } from './dialect.ts';

const count = z.int().min(0);
const counts = { prompt_tokens: count, completion_tokens: count, total_tokens: count };

/** What `postApiReply` makes. */
export const postApiReplySchema = z.object({
  response: z.string().describe('The first completion.'),
  n_token_response: count,
  n_token_prompt: count,
  timestamp: z.string().describe("`%Y-%m-%d %H:%M:%S` in the server's time zone."),
  data: z.object({
    ...counts,
    messages: z.object({}),
    response: z.object({
      choices: z.array(
        z.object({
          message: z.object({ role: z.literal('assistant'), content: z.string() }),
          finish_reason: z.string(),
          index: count,
        }),
      ),
      created: count.describe('Unix seconds.'),
      id: z.string(),
      model: z.string(),
      object: z.literal('text_completion'),
      usage: z.object(counts),
    }),
    username: z.string(),
  }),
});

/**
 * The reply that serves every AgentScope text wrapper: the Flask services' v0 keys beside v1's `data`.
 * The originals add the prompt to the completion's count; here the counts are true.
 */
export function postApiReply(result: GenerateResult, info: ReplyInfo): z.infer<typeof postApiReplySchema> {
  const { promptTokens, completionTokens } = result.usage;
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  return {
    response: result.choices[0]?.text ?? '',
    n_token_response: completionTokens,
    n_token_prompt: promptTokens,
    timestamp: localTime(info.created),
    data: {
      ...usage,
      messages: {},
      response: {
        choices: result.choices.map(({ text, finishReason }, index) => ({
          message: { role: 'assistant', content: text },
          finish_reason: finishReason,
          index,
        })),
        created: info.created,
        id: info.requestId,
        model: info.model,
        object: 'text_completion',
        usage,
      },
      username: '',
    },
  };
}

/** Unix seconds as `%Y-%m-%d %H:%M:%S` in the server's time zone. */
function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
