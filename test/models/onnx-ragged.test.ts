import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { GeneratorEngine } from '../../src/engines/index.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { smolOnnx, tinyOnnx } from '../support/engines.ts';
import { loadGenerator } from '../support/load-model.ts';
import { greedy, outcomeOf, roomy, tokenRequest } from '../support/token-requests.ts';

const never = new AbortController().signal;
const NEW_TOKENS = 32;
/** Two logits this close may change places. */
const NEAR_TIE = 0.05;

/** What ONNX Runtime does with rows of different lengths: fused attention pads them on the right, the other on the left. */
const models = [
  { name: 'fused attention (SmolLM2-135M-Instruct, q4)', ...smolOnnx },
  { name: 'attention that is not fused (a tiny random Llama)', ...tinyOnnx },
];

for (const { name, path, skip } of models) {
  suite(name, { skip }, () => {
    let engine: GeneratorEngine;
    let prompts: number[][];
    before(async () => {
      engine = await loadGenerator({ path, format: 'onnx', contextSize: 512, slots: 8, threads: 1 });
      // 1 to 226 tokens.
      const text = 'The old miller counted his sacks again, and once more one of them was gone. '.repeat(26);
      const words = engine.tokenizer.encode(text, { special: false, continues: false });
      prompts = [1, 3, 6, 17, 33, 64, 130, 226].map((length) => words.slice(length, 2 * length));
    });
    after(() => engine.stepper.dispose());

    /** A prompt's greedy tokens. */
    async function answer(scheduler: Scheduler, prompt: readonly number[]): Promise<number[]> {
      const outcome = await outcomeOf(scheduler.run(tokenRequest(prompt, NEW_TOKENS, NEW_TOKENS), never));
      assert.equal(outcome.error, undefined);
      return outcome.tokens;
    }

    /** A scheduler that reads all prompts anew. */
    async function newScheduler(): Promise<Scheduler> {
      for (let slot = 0; slot < engine.stepper.slots; slot += 1) await engine.stepper.trim(slot, 0);
      return new Scheduler(engine.stepper, { ...roomy, prefixReuse: false });
    }

    async function alone(): Promise<number[][]> {
      const scheduler = await newScheduler();
      const answers: number[][] = [];
      for (const prompt of prompts) answers.push(await answer(scheduler, prompt));
      return answers;
    }

    test('each of 8 requests of different lengths gets the tokens that it gets alone', async () => {
      const single = await alone();
      const scheduler = await newScheduler();
      const together = await Promise.all(prompts.map((prompt) => answer(scheduler, prompt)));
      assert.ok(single.every((tokens) => tokens.length === NEW_TOKENS));
      assert.deepEqual(together, single);
    });

    test('and so do those that come and leave while others go on', async () => {
      const single = await alone();
      const scheduler = await newScheduler();
      const leaving = AbortSignal.timeout(400);
      const others = prompts.map((prompt) => outcomeOf(scheduler.run(tokenRequest(prompt, 200, 200), leaving)));
      const late = prompts.map((prompt) => answer(scheduler, prompt));
      assert.deepEqual(await Promise.all(late), single);
      await Promise.all(others);
    });

    test('a prompt has the same probabilities after it, however much of it was there', async () => {
      const { stepper } = engine;
      const prompt = prompts.at(-1) ?? assert.fail();
      const probabilities = async (there: number): Promise<Map<number, number>> => {
        await stepper.trim(0, 0);
        if (there > 0) await stepper.step([{ slot: 0, tokens: prompt.slice(0, there), sample: false }]);
        await stepper.begin(0, { prompt, maxTokens: 1, minTokens: 0, sampling: greedy, logprobs: 10 });
        const [sampled] = await stepper.step([{ slot: 0, tokens: prompt.slice(there), sample: true }]);
        return new Map(sampled?.logprobs?.top.map(({ id, logprob }) => [id, logprob]));
      };
      const whole = await probabilities(0);
      assert.equal(whole.size, 10);
      for (const there of [1, 31, 100, prompt.length - 2, prompt.length - 1]) {
        const found = await probabilities(there);
        for (const [id, logprob] of [...whole].slice(0, 5)) {
          const moved = Math.abs((found.get(id) ?? NaN) - logprob);
          assert.ok(moved <= NEAR_TIE, `with ${there} of ${prompt.length} tokens token ${id} moved by ${moved}`);
        }
      }
    });
  });
}
