import { InferenceError } from '../contract/errors.ts';
import type { GenerateRequest } from '../contract/generate.ts';
import type { Tokenizer, TokenRequest } from '../contract/tokens.ts';

/**
 * The biases of a request by token, added up where a token is named more than once.
 * @throws InferenceError invalid_request for an id that the vocabulary lacks
 */
export function resolveLogitBias(
  { logitBias, names }: Pick<GenerateRequest, 'logitBias' | 'names'>,
  tokenizer: Tokenizer,
): TokenRequest['logitBias'] {
  if (logitBias === undefined || logitBias.length === 0) return undefined;
  const sums = new Map<number, number>();
  for (const { token, bias } of logitBias) {
    const ids = typeof token === 'number' ? [token] : tokenizer.encode(token, { special: false, continues: false });
    for (const id of ids) {
      if (id >= tokenizer.size) {
        const message = `There is no token ${id}; this model's ids go from 0 to ${tokenizer.size - 1}.`;
        throw new InferenceError('invalid_request', message, { param: names.logitBias });
      }
      sums.set(id, (sums.get(id) ?? 0) + bias);
    }
  }
  return [...sums].map(([id, bias]) => ({ id, bias }));
}
