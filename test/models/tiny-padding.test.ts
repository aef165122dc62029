import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getLlama, LlamaLogLevel, type Llama, type LlamaModel } from 'node-llama-cpp';
import { handoverStepper } from '../support/handover-stepper.ts';
import { tinyGolden, tinyPath } from '../support/tiny-model.ts';
import { greedy } from '../support/token-requests.ts';

const slots = 4;
const held = 30;
const steps = 12;
const text = [...tinyGolden.prompt, ...tinyGolden.greedy];
/** One for each slot: the same first tokens, then others, of different lengths. */
const prompts = Array.from({ length: slots }, (_, slot) => [
  ...text.slice(0, held),
  ...text.slice(slot),
  ...text.slice(0, 5 - slot),
]);

let llama: Llama;
let model: LlamaModel;
before(async () => {
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled, maxThreads: 2 });
  model = await llama.loadModel({ modelPath: tinyPath });
});
after(async () => {
  await model.dispose();
  await llama.dispose();
});

/** What follows each prompt, whose ends are read in one step. @param filled whether they are said to be quicker as tiles */
async function generate(filled: boolean): Promise<number[][]> {
  const stepper = await handoverStepper(llama, model, {
    slots,
    costs: { nativeMs: 1, fileMs: 1000, fileMsPerToken: 0 },
    file: 'never-written',
    ...(filled && { shape: { heads: 32, threads: 1, weightCells: 0 } }),
  });
  try {
    for (const [slot, prompt] of prompts.entries()) {
      await stepper.begin(slot, { prompt, maxTokens: steps, minTokens: 0, sampling: greedy });
      await stepper.step([{ slot, tokens: prompt.slice(0, held), sample: false }]);
    }
    const tokens = prompts.map((): number[] => []);
    for (let step = 0; step < steps; step += 1) {
      const plan = prompts.map((prompt, slot) => {
        const last = tokens[slot]?.at(-1);
        return { slot, tokens: last === undefined ? prompt.slice(held) : [last], sample: true };
      });
      for (const { slot, id } of await stepper.step(plan)) tokens[slot]?.push(id);
    }
    for (const [slot, prompt] of prompts.entries()) assert.equal(stepper.length(slot), prompt.length + steps - 1);
    return tokens;
  } finally {
    await stepper.dispose();
  }
}

test('prompts that are filled up to tiles and read in one batch go on as those that are read one by one', async () => {
  const filled = await generate(true);
  assert.deepEqual(filled, await generate(false));
  assert.equal(new Set(filled.map(String)).size, slots, 'each prompt has an answer of its own');
});
