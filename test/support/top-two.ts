import assert from 'node:assert/strict';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { addonContext, addonModel, createAddonSampler, type AddonSampler } from '../../src/engines/gguf/addon.ts';

/** A model on its own, which says how sure it is of a token. */
export interface Judge {
  /** The two tokens that are likeliest after a history, and how far their logits are apart. */
  topTwo(history: readonly number[]): Promise<{ ids: readonly number[]; gap: number }>;
  dispose(): Promise<void>;
}

/** A form of the addon's call that hearth itself does not need: the likeliest tokens with their logits. */
interface SampleTop {
  sampleToken(
    index: number,
    sampler: AddonSampler,
    probabilities: false,
    confidence: false,
    logits: [never[], false, false, false, number],
  ): Promise<[token: number, probabilities: unknown, confidence: unknown, logits: number[]]>;
}

/** Loads a model beside others, for at most `contextSize` tokens. */
export async function loadJudge(path: string, contextSize: number): Promise<Judge> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ contextSize, sequences: 1, batchSize: contextSize, threads: 1 });
  const native = addonContext(context);
  const sampler = createAddonSampler(llama, addonModel(model));
  sampler.applyConfig({ temperature: 0, seed: 1 });
  return {
    async topTwo(history) {
      native.disposeSequence(0);
      native.initBatch(history.length);
      const [index = 0] = native.addToBatch(0, 0, Uint32Array.from(history), Uint32Array.of(history.length - 1));
      await native.decodeBatch();
      const reply = await (native as unknown as SampleTop).sampleToken(index, sampler, false, false, [
        [],
        false,
        false,
        false,
        2,
      ]);
      const [first = -1, high = 0, second = -1, low = 0] = reply[3];
      return { ids: [first, second], gap: high - low };
    },
    async dispose() {
      sampler.dispose();
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

/**
 * Two logits this close may change places when a batch has another shape: its sums are rounded otherwise. The shape alone
 * moved a logit of the embedded model (Q4_1) by 0.47 (13.07 to 13.53, one history read in chunks of 48, 64 or 512 tokens),
 * and an answer without any reuse had a token that is 0.53 below the likeliest when its prompt is read at once.
 */
const NEAR_TIE = 1;

/** Asserts that two greedy answers to a prompt are equal, or part where the two likeliest tokens are as good as equal. */
export async function assertSameAnswer(
  judge: Judge,
  prompt: readonly number[],
  one: readonly number[],
  other: readonly number[],
): Promise<'equal' | 'near tie'> {
  const parts = one.findIndex((token, index) => token !== other[index]);
  if (parts < 0) {
    assert.equal(one.length, other.length);
    return 'equal';
  }
  const { ids, gap } = await judge.topTwo([...prompt, ...one.slice(0, parts)]);
  const found = [one[parts], other[parts]];
  assert.ok(
    gap <= NEAR_TIE && ids.every((id) => found.includes(id)),
    `token ${parts} is ${found.join(' or ')}; the likeliest are ${ids.join(' and ')}, ${gap} apart`,
  );
  return 'near tie';
}
