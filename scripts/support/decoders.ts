import type { StepPlan } from '../../src/contract/tokens.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { loadGenerator } from '../../test/support/load-model.ts';
import { greedy, roomy, tokenRequest } from '../../test/support/token-requests.ts';

/** A model in this process, with the scheduler that serves it. */
export interface Decoder {
  /** New tokens a second of so many requests at once, each with a prompt of its own of 20 tokens, which are read too. */
  tokensPerSecond(requests: number, tokens: number, seed: number): Promise<number>;
  firstTokenMs(prompt: number, seed: number): Promise<number>;
  /** Milliseconds of a step that decodes so many rows, each of which holds so many tokens. */
  stepMs(rows: number, held: number, steps: number): Promise<number>;
  close(): Promise<void>;
}

/** Loads a model as a server would, for 8 requests of 4,096 tokens. */
export async function openDecoder({ path, format }: { path: string; format: 'gguf' | 'onnx' }): Promise<Decoder> {
  const { stepper } = await loadGenerator({ path, format, contextSize: 4096, slots: 8 });
  const scheduler = new Scheduler(stepper, { ...roomy, maxQueueWaitMs: 600_000, stepBudgetMs: 250 });
  const run = async (prompt: readonly number[], maxTokens: number): Promise<number> => {
    const began = performance.now();
    let first = 0;
    const request = tokenRequest(prompt, maxTokens, maxTokens);
    for await (const event of scheduler.run(request, new AbortController().signal)) {
      if (event.type === 'token' && first === 0) first = performance.now() - began;
    }
    return first;
  };
  return {
    async tokensPerSecond(requests, tokens, seed) {
      const began = performance.now();
      await Promise.all(Array.from({ length: requests }, (_, at) => run(someTokens(20, seed * 100 + at), tokens)));
      return (requests * tokens) / ((performance.now() - began) / 1000);
    },
    firstTokenMs: (prompt, seed) => run(someTokens(prompt, seed + 7000), 1),
    async stepMs(rows, held, steps) {
      const slots = Array.from({ length: rows }, (_, slot) => slot);
      for (const slot of slots) {
        await stepper.trim(slot, 0);
        const tokens = someTokens(held, slot);
        await stepper.begin(slot, { prompt: tokens, maxTokens: steps, minTokens: steps, sampling: greedy });
        for (let from = 0; from < held; from += 256) {
          await stepper.step([{ slot, tokens: tokens.slice(from, from + 256), sample: false }]);
        }
      }
      const step = (token: number): StepPlan => slots.map((slot) => ({ slot, tokens: [token], sample: true }));
      await stepper.step(step(5));
      const began = performance.now();
      for (let at = 0; at < steps; at += 1) await stepper.step(step(at + 6));
      const ms = (performance.now() - began) / steps;
      // The scheduler knows nothing of these tokens.
      for (const slot of slots) await stepper.trim(slot, 0);
      return ms;
    },
    close: () => scheduler.dispose(),
  };
}

/** Tokens of a vocabulary of 40,100 at least, others for each seed. */
function someTokens(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, at) => ((at * 7919 + seed * 104_729) % 40_000) + 100);
}
