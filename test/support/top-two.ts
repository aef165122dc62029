import assert from 'node:assert/strict';
import type { EngineModel } from './engines.ts';
import { loadGenerator } from './load-model.ts';
import { greedy } from './token-requests.ts';

/** A model on its own, which says how sure it is of a token. */
export interface Judge {
  /** The two tokens that are likeliest after a history, and how far their logits are apart. */
  topTwo(history: readonly number[]): Promise<{ ids: readonly number[]; gap: number }>;
  /** Two logits this close may change places when the prompt's beginning is reused, and when a reused answer goes on. */
  readonly nearTie: NearTie;
  dispose(): Promise<void>;
}

interface NearTie {
  prompt: number;
  answer: number;
}

const nearTies: Record<EngineModel['format'], NearTie> = {
  /**
   * llama.cpp's sums are rounded otherwise in a batch of another shape. The shape alone moved a logit of the embedded model (Q4_1) by
   * 0.47 (13.07 to 13.53, one history read in chunks of 48, 64 or 512 tokens), and an answer without any reuse had a token that is
   * 0.53 below the likeliest when its prompt is read at once.
   */
  gguf: { prompt: 1, answer: 1 },
  /**
   * Prompts are computed the same way in whatever chunks, answers with products in 8 bits (exact-products.ts). Between the two a log
   * probability of SmolLM2-135M-Instruct's likeliest tokens moves by up to 0.3, so two of them by up to twice that.
   */
  onnx: { prompt: 0.05, answer: 0.6 },
};

/** Loads a model beside others, for at most `contextSize` tokens. */
export async function loadJudge(
  { path, format }: Pick<EngineModel, 'path' | 'format'>,
  contextSize: number,
): Promise<Judge> {
  // A history is read at once.
  const { stepper } = await loadGenerator({ path, format, contextSize, slots: 1, threads: 1, batchSize: contextSize });
  return {
    async topTwo(history) {
      await stepper.trim(0, 0);
      await stepper.begin(0, { prompt: history, maxTokens: 1, minTokens: 0, sampling: greedy, logprobs: 2 });
      const [sampled] = await stepper.step([{ slot: 0, tokens: history, sample: true }]);
      const [first, second] = sampled?.logprobs?.top ?? [];
      assert.ok(first && second);
      return { ids: [first.id, second.id], gap: first.logprob - second.logprob };
    },
    nearTie: nearTies[format],
    dispose: () => stepper.dispose(),
  };
}

/**
 * Asserts that two greedy answers to a prompt are equal, or part where the two likeliest tokens are as good as equal.
 * @param reused what one of them goes on from: a part of a prompt, or of an answer too
 */
export async function assertSameAnswer(
  judge: Judge,
  prompt: readonly number[],
  one: readonly number[],
  other: readonly number[],
  reused: keyof NearTie,
): Promise<'equal' | 'near tie'> {
  const parts = one.findIndex((token, index) => token !== other[index]);
  if (parts < 0) {
    assert.equal(one.length, other.length);
    return 'equal';
  }
  const { ids, gap } = await judge.topTwo([...prompt, ...one.slice(0, parts)]);
  const found = [one[parts], other[parts]];
  assert.ok(
    gap <= judge.nearTie[reused] && ids.every((id) => found.includes(id)),
    `token ${parts} is ${found.join(' or ')}; the likeliest are ${ids.join(' and ')}, ${gap} apart`,
  );
  return 'near tie';
}
