import type { TokenLogprob, TokenScore } from '../../contract/generate.ts';

/** The lowest 32-bit float, which llama-server writes for a probability of 0. */
const LEAST = -3.4028234663852886e38;

/** `completion_probabilities`, as `n_probs` asks for them. */
export function probabilities(tokens: readonly TokenLogprob[]): object[] {
  return tokens.map((token) => ({ ...score(token), top_logprobs: token.top.map(score) }));
}

function score({ id, text, bytes, logprob }: TokenScore): object {
  return { id, token: text, bytes: [...bytes], logprob: Math.max(LEAST, logprob) };
}
