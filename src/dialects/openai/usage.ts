import type { Usage } from '../../contract/generate.ts';
import type { ReplyInfo } from '../dialect.ts';

/** The `usage` object, with `prompt_tokens_details` and `completion_tokens_details` for clients that know them. */
export function wireUsage(usage: Usage, info: ReplyInfo): object {
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = usage;
  const details = {
    prompt_tokens_details: { cached_tokens: cachedTokens },
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(knowsDetails(info.headers) && details),
  };
}

/**
 * Whether the client is no older than `prompt_tokens_details` (openai-python 1.51, October 2024).
 * Its contemporaries take every field of usage for a number: AgentScope up to 0.0.5 adds each to a database
 * and fails on an object.
 */
function knowsDetails(headers: ReplyInfo['headers']): boolean {
  if (headers['x-stainless-lang'] !== 'python') return true;
  const version = headers['x-stainless-package-version'];
  const [major = 0, minor = 0] = typeof version === 'string' ? version.split('.').map(Number) : [];
  return major > 1 || (major === 1 && minor >= 51);
}
