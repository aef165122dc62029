import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { StepResult } from '../../src/contract/tokens.ts';
import type { GeneratorEngine } from '../../src/engines/index.ts';
import { onBothEngines } from '../support/engines.ts';
import { greedy } from '../support/token-requests.ts';
import { loadGenerator } from '../support/load-model.ts';

/** Two likeliest tokens closer than this may change places. */
const NEAR_TIE = 0.05;
const NEW_TOKENS = 24;

const shared = Array.from({ length: 14 }, (_, index) => `Rule ${index}: answer question number ${index} briefly.`);
const questions = ['What is rain?', 'Who was Bach?', 'Why is the sky blue?', 'Name a fruit.', 'What is 2 + 2?'];

/** Equal tokens, with equal probabilities; or different ones where the two likeliest are a near tie. */
function assertSame(one: readonly StepResult[number][], other: readonly StepResult[number][], way: string): void {
  for (const [at, { id, logprobs }] of one.entries()) {
    const top = logprobs?.top ?? assert.fail('no log probabilities');
    if (other[at]?.id !== id) {
      const gap = (top[0]?.logprob ?? 0) - (top[1]?.logprob ?? -Infinity);
      assert.ok(gap <= NEAR_TIE, `${way}: token ${at} differs where the likeliest two are ${gap} apart`);
      return;
    }
    const moved = Math.abs((other[at]?.logprobs?.logprob ?? NaN) - (logprobs?.logprob ?? NaN));
    assert.ok(moved <= NEAR_TIE, `${way}: the probability of token ${at} moved by ${moved}`);
  }
}

onBothEngines(({ path, format }) => {
  let engine: GeneratorEngine;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'same-shape-'));
    // One thread: with several the kernels divide a batch otherwise from step to step.
    engine = await loadGenerator({ path, format, contextSize: 512, slots: 4, threads: 1, scratchFolder: folder });
  });
  after(async () => {
    await engine.stepper.dispose();
    await rm(folder, { recursive: true });
  });

  /** Reads the rest of a prompt in one step and decodes greedily. */
  async function finish(slot: number, prompt: readonly number[], from: number): Promise<StepResult[number][]> {
    const { stepper } = engine;
    await stepper.begin(slot, { prompt, maxTokens: NEW_TOKENS, minTokens: 0, sampling: greedy, logprobs: 2 });
    const results = [...(await stepper.step([{ slot, tokens: prompt.slice(from), sample: true }]))];
    while (results.length < NEW_TOKENS) {
      const last = results.at(-1)?.id ?? assert.fail();
      results.push(...(await stepper.step([{ slot, tokens: [last], sample: true }])));
    }
    return results;
  }

  test('a prefix that was copied, or saved and loaded, is the prefix that was read', async () => {
    const { stepper, tokenizer } = engine;
    const encode = (text: string): number[] => tokenizer.encode(text, { special: false, continues: false });
    const prefix = encode(`${shared.join('\n')}\n`);
    const file = join(folder, 'saved.state');
    for (const question of questions) {
      const prompt = [...prefix, ...encode(`Question: ${question}\nAnswer:`)];
      await stepper.trim(0, 0);
      await stepper.begin(0, { prompt, maxTokens: 1, minTokens: 0, sampling: greedy });
      await stepper.step([{ slot: 0, tokens: prefix, sample: false }]);
      await stepper.save(0, prefix, file);
      const read = await finish(0, prompt, prefix.length);

      for (const to of [1, 2]) {
        assert.equal(await stepper.copy(0, to, prefix.length), prefix.length);
        assertSame(read, await finish(to, prompt, prefix.length), `copied to slot ${to}`);
      }
      assert.equal(await stepper.load(3, file), prefix.length);
      assertSame(read, await finish(3, prompt, prefix.length), 'loaded');
      assert.equal(await stepper.trim(0, prefix.length), prefix.length);
      assertSame(read, await finish(0, prompt, prefix.length), 'cut back');
    }
  });

  test('that comparison notices a prefix with one wrong token', async () => {
    const { stepper, tokenizer } = engine;
    const prefix = tokenizer.encode(shared.join('\n'), { special: false, continues: false });
    const prompt = [...prefix, ...tokenizer.encode('\nQuestion: What is rain?', { special: false, continues: false })];
    const answers: StepResult[number][][] = [];
    for (const wrong of [prefix, [...prefix.slice(0, 60), 1000, ...prefix.slice(61)]]) {
      await stepper.trim(0, 0);
      await stepper.begin(0, { prompt, maxTokens: 1, minTokens: 0, sampling: greedy });
      await stepper.step([{ slot: 0, tokens: wrong, sample: false }]);
      answers.push(await finish(0, prompt, prefix.length));
    }
    assert.throws(() => assertSame(answers[0] ?? [], answers[1] ?? [], 'spoiled'), /spoiled: /);
  });
});
