import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Stepper } from '../../src/contract/tokens.ts';
import type { GeneratorEngine } from '../../src/engines/index.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { onBothEngines } from '../support/engines.ts';
import { outcomeOf, roomy, tokenRequest, type Outcome } from '../support/token-requests.ts';
import { assertSameAnswer, loadJudge, type Judge } from '../support/top-two.ts';
import { loadGenerator } from '../support/load-model.ts';

const never = new AbortController().signal;

const rules = Array.from({ length: 12 }, (_, index) => `Rule ${index}: a good answer number ${index} is short.`);
const agents = ['painter', 'sailor', 'baker', 'doctor'];

/** What the answers of `converse` go on from: those of second turns from first answers. */
const kindOf = (index: number): 'prompt' | 'answer' =>
  index >= agents.length && index < 2 * agents.length ? 'answer' : 'prompt';

interface Answered {
  prompt: readonly number[];
  outcome: Outcome;
}

onBothEngines(({ path, format }) => {
  let engine: GeneratorEngine;
  let judge: Judge;
  before(async () => {
    engine = await loadGenerator({ path, format, contextSize: 512, slots: 5, threads: 1 });
    judge = await loadJudge({ path, format }, 512);
  });
  after(async () => {
    await engine.stepper.dispose();
    await judge.dispose();
  });

  const encode = (text: string): number[] => engine.tokenizer.encode(text, { special: false, continues: false });

  /** Four agents with shared rules, two turns each, and one who shares half of the rules. */
  async function converse(stepper: Stepper, prefixReuse: boolean, firstAnswers?: Answered[]): Promise<Answered[]> {
    for (let slot = 0; slot < stepper.slots; slot += 1) await stepper.trim(slot, 0);
    const scheduler = new Scheduler(stepper, { ...roomy, stepBudgetMs: 200, prefixReuse });
    const ask = async (prompt: number[]): Promise<Answered> => ({
      prompt,
      outcome: await outcomeOf(scheduler.run(tokenRequest(prompt, 16), never)),
    });
    const shared = rules.join('\n');
    const first = await Promise.all(
      agents.map((agent) => ask(encode(`${shared}\nA ${agent} asks: who are you? Answer:`))),
    );
    // Both conversations go on from the same answers, or a near tie in the first would make the second another one.
    const said = firstAnswers ?? first;
    const second = await Promise.all([
      ...said
        .slice(0, 4)
        .map(({ prompt, outcome }) => ask([...prompt, ...outcome.tokens, ...encode('\nWhy so? Answer:')])),
      ask(encode(`${rules.slice(0, 6).join('\n')}\nA king says:`)),
    ]);
    return [...first, ...second];
  }

  test('greedy answers are the same with prefix reuse and without', async (t) => {
    const plain = await converse(engine.stepper, false);
    assert.ok(plain.every(({ outcome }) => outcome.end !== undefined && outcome.cachedTokens === 0));
    const reused = await converse(engine.stepper, true, plain);
    const cached = reused.map(({ outcome }) => outcome.cachedTokens ?? 0);
    assert.ok(
      cached.slice(1).every((tokens) => tokens > 50),
      cached.join(),
    );
    const verdicts: string[] = [];
    for (const [index, { prompt, outcome }] of plain.entries()) {
      assert.deepEqual(reused[index]?.prompt, prompt);
      verdicts.push(
        await assertSameAnswer(judge, prompt, outcome.tokens, reused[index]?.outcome.tokens ?? [], kindOf(index)),
      );
    }
    t.diagnostic(`${verdicts.filter((verdict) => verdict === 'equal').length} of ${verdicts.length} answers equal`);
  });

  test('that comparison would notice a copy with wrong tokens in it', async () => {
    const { stepper } = engine;
    const plain = await converse(stepper, false);
    const spoiling: Stepper = Object.create(stepper, {
      copy: {
        async value(from: number, to: number, length: number): Promise<number> {
          await stepper.copy(from, to, length);
          await stepper.trim(to, length - 40);
          await stepper.step([
            { slot: to, tokens: Array.from({ length: 40 }, (_, index) => 1000 + index), sample: false },
          ]);
          return length;
        },
      },
    }) as Stepper;
    const spoiled = await converse(spoiling, true, plain);
    await assert.rejects(async () => {
      for (const [index, { prompt, outcome }] of plain.entries()) {
        await assertSameAnswer(judge, prompt, outcome.tokens, spoiled[index]?.outcome.tokens ?? [], kindOf(index));
      }
    }, /the likeliest are/);
  });
});
