import type { TokenLogprobs } from '../../contract/tokens.ts';
import type { AddonContext, AddonSampler } from './addon.ts';

/**
 * Reads a slot's raw log probabilities: of the model's own distribution, before penalties, bias, temperature and
 * truncation. The addon gives values after the samplers, so the same logits are sampled again by neutral ones: a greedy one
 * for the token and the sum over the vocabulary, and one cut to the top n for their list. (One call could give both, but
 * it would sort the whole vocabulary.) Samplers hold a buffer of their own, so slots cannot share them.
 */
export class LogprobReader {
  private readonly createSampler: () => AddonSampler;
  private whole: AddonSampler | undefined;
  private cut: AddonSampler | undefined;
  private top = 0;

  /** @param createSampler is called when the first request asks for log probabilities */
  constructor(createSampler: () => AddonSampler) {
    this.createSampler = createSampler;
  }

  /** Prepares for a request. @param top how many of the most likely tokens are listed beside the sampled one */
  begin(top: number): void {
    this.top = top;
    if (!this.whole) {
      this.whole = this.createSampler();
      this.whole.applyConfig({ temperature: 0, seed: 1 });
    }
    if (top === 0) return;
    this.cut ??= this.createSampler();
    this.cut.applyConfig({ temperature: 1, seed: 1, topK: top });
  }

  /**
   * The values for a token that was sampled at a batch index of the last decode.
   * @throws Error where the model gave no logits for it
   */
  async read(context: AddonContext, index: number, id: number): Promise<TokenLogprobs> {
    const { whole, cut, top } = this;
    if (!whole) throw new Error('begin comes before read');
    // The token itself and the likeliest, which the sum is relative to.
    const reading = context.sampleToken(index, whole, false, false, [[id], false, false, true, 0], true);
    const listing =
      top > 0 && cut ? context.sampleToken(index, cut, false, false, [[], false, false, false, top], false) : undefined;
    // Both have left the logits before anything else happens to the context, also when one fails.
    await Promise.allSettled([reading, listing]);
    const [own, list] = await Promise.all([reading, listing]);
    const logits = pairs(own[3]);
    const logit = logits.find((one) => one.id === id)?.value;
    const weight = own[4];
    if (logit === undefined || weight === undefined) throw new Error(`no logit for token ${id}`);
    const logSum = Math.max(...logits.map(({ value }) => value)) + Math.log(weight);
    const logprob = (value: number): number => Math.min(0, value - logSum);
    return {
      logprob: logprob(logit),
      top: pairs(list?.[3]).map((one) => ({ id: one.id, logprob: logprob(one.value) })),
    };
  }

  dispose(): void {
    this.whole?.dispose();
    this.cut?.dispose();
  }
}

/** The addon's flat list of token, value, token, value … */
function pairs(flat: readonly number[] = []): { id: number; value: number }[] {
  const list: { id: number; value: number }[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) list.push({ id: flat[i] ?? -1, value: flat[i + 1] ?? -Infinity });
  return list;
}
