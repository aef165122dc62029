import { setImmediate } from 'node:timers/promises';
import type { GenerateRequest } from '../contract/generate.ts';
import type { Tokenizer, TokenRequest } from '../contract/tokens.ts';
import { refuseUnknownIds } from './tokenize.ts';

/**
 * The biases of a request by token, added up where a token is named more than once.
 * @throws InferenceError invalid_request for an id that the vocabulary lacks
 */
export async function resolveLogitBias(
  { logitBias, names }: Pick<GenerateRequest, 'logitBias' | 'names'>,
  tokenizer: Tokenizer,
): Promise<TokenRequest['logitBias']> {
  if (logitBias === undefined || logitBias.length === 0) return undefined;
  const sums = new Map<number, number>();
  for (const { token, bias } of logitBias) {
    // Tokenizing is synchronous, and there may be many texts.
    if (typeof token === 'string') await setImmediate();
    const ids = typeof token === 'number' ? [token] : tokenizer.encode(token, { special: false, continues: false });
    refuseUnknownIds(ids, tokenizer, names.logitBias);
    for (const id of ids) sums.set(id, (sums.get(id) ?? 0) + bias);
  }
  return [...sums].map(([id, bias]) => ({ id, bias }));
}
