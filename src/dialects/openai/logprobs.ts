import type { TokenLogprob, TokenScore } from '../../contract/generate.ts';

/** OpenAI's value for what is next to impossible; JSON has no infinity. */
const LEAST = -9999;

/** The `logprobs` object of a choice. https://platform.openai.com/docs/api-reference/chat/object */
export function wireLogprobs(tokens: readonly TokenLogprob[]): object {
  return { content: tokens.map((token) => ({ ...score(token), top_logprobs: token.top.map(score) })), refusal: null };
}

function score({ text, bytes, logprob }: TokenScore): object {
  return { token: text, logprob: Math.max(LEAST, logprob), bytes: bytes.length > 0 ? [...bytes] : null };
}

/** The `logprobs` list of an `output_text`, where bytes are never null. https://platform.openai.com/docs/api-reference/responses/object */
export function responseLogprobs(tokens: readonly TokenLogprob[]): object[] {
  const one = ({ bytes, ...token }: TokenScore): object => ({ ...score({ ...token, bytes }), bytes: [...bytes] });
  return tokens.map((token) => ({ ...one(token), top_logprobs: token.top.map(one) }));
}
