import type { GenerateResult } from '../contract/generate.ts';
import type { ReplyInfo } from './dialect.ts';

/**
 * The reply that serves every AgentScope text wrapper: the Flask services' v0 keys beside v1's `data`.
 * The originals add the prompt to the completion's count; here the counts are true.
 */
export function postApiReply(result: GenerateResult, info: ReplyInfo): object {
  const { promptTokens, completionTokens } = result.usage;
  const counts = {
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
      ...counts,
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
        usage: counts,
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
