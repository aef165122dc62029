import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { modelTarget } from '../../src/bench/model-target.ts';
import type { Answer } from '../../src/bench/target.ts';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Model, ModelStats } from '../../src/contract/model.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const log = createLogger({ level: 'silent', format: 'json' });

interface Loaded {
  model: Model;
  ask(prompt: string, maxTokens?: number, signal?: AbortSignal): Promise<Answer>;
  stats(): ModelStats;
}

/** The embedded model, unloaded when the work is over. */
async function withModel<T>(settings: Partial<Settings>, work: (loaded: Loaded) => Promise<T>): Promise<T> {
  const all = defaultSettings({ contextSize: 1024, device: 'cpu', threads: 1, ...settings });
  const model = await loadModel(all, { log });
  const target = modelTarget(model);
  const ask: Loaded['ask'] = (prompt, maxTokens = 4, signal) =>
    target.ask({ prompt, maxTokens, ignoreEos: true }, signal);
  try {
    return await work({ model, ask, stats: () => model.stats?.() ?? assert.fail() });
  } finally {
    await model.dispose();
  }
}

/** About `tokens` tokens; `name` tells texts apart from their first word on. */
function textOf(name: string, tokens: number): string {
  return Array.from({ length: Math.ceil(tokens / 5) }, (_, index) => `${name} likes number${index % 10}`).join('\n');
}

test('eight agents with four turns each read their shared prompt once, and the usage says so', async (t) => {
  await withModel({ parallel: 8 }, async ({ ask, stats }) => {
    const shared = textOf('Everybody', 500);
    let cached = 0;
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, agent) => {
        let prompt = `${shared}\nAgent ${agent} of eight speaks.`;
        for (let turn = 0; turn < 4; turn += 1) {
          prompt += `\nQuestion ${turn} of agent ${agent}: what now?`;
          const answer = await ask(prompt, 6);
          cached += answer.cachedTokens ?? 0;
          prompt += answer.text;
        }
        return prompt;
      }),
    );
    assert.equal(answers.length, 8);
    const { promptTokens, promptTokensRead, promptTokensUnique, promptTokensCached } = stats();
    assert.equal(promptTokensCached, cached);
    assert.equal(promptTokensRead, promptTokens - cached);
    const ratio = promptTokensRead / promptTokensUnique;
    t.diagnostic(`${promptTokensRead} read, ${promptTokensUnique} unique: ${ratio.toFixed(3)}`);
    assert.ok(ratio <= 1.05, `${ratio}`);
  });
});

test('a prompt is restored after a restart, in a fraction of the time and with the same answer', async (t) => {
  const promptCache = await mkdtemp(join(tmpdir(), 'restart-test-'));
  try {
    const prompt = textOf('Somebody', 600);
    const run = (): Promise<Answer> =>
      withModel({ parallel: 2, promptCache }, async ({ ask }) => {
        // What reading costs is learned from a first request.
        await ask(textOf('Nobody', 70), 1);
        return ask(prompt, 8);
      });
    const cold = await run();
    const warm = await run();
    assert.equal(warm.text, cold.text);
    assert.ok((warm.promptTokens ?? 0) >= 600, `${warm.promptTokens} tokens`);
    assert.equal(warm.cachedTokens, (warm.promptTokens ?? 0) - 1);
    const share = warm.firstTokenMs / cold.firstTokenMs;
    t.diagnostic(`first token ${cold.firstTokenMs.toFixed(0)} ms cold, ${warm.firstTokenMs.toFixed(0)} ms restored`);
    assert.ok(share <= 0.25, `${share}`);
  } finally {
    await rm(promptCache, { recursive: true });
  }
});

/** Milliseconds that are loose for a machine which does other things too; the budget of a step is 200. */
const SOON = 1000;

test('whoever leaves in whatever phase makes room soon, and those who wait lose nothing', async (t) => {
  await withModel({ parallel: 2 }, async ({ ask, stats }) => {
    await ask(textOf('Nobody', 100), 1);
    const phases: Record<string, (context: TestContext) => Promise<void>> = {
      'reading a long prompt': () => leave([textOf('Reader', 600)], 300),
      decoding: () => leave([textOf('Decoder', 10)], 400),
      queued: () => leave([textOf('One', 10), textOf('Two', 10), textOf('Three', 10)], 300),
      'waiting for a prefix': () => leave([`${textOf('Same', 500)} one`, `${textOf('Same', 500)} two`], 300),
    };
    for (const [phase, run] of Object.entries(phases)) await t.test(`left while ${phase}`, run);

    /** Lets the last of some requests leave, and measures until all slots but those of the others serve somebody new. */
    async function leave(prompts: readonly string[], afterMs: number): Promise<void> {
      const stay = new AbortController();
      const leaver = new AbortController();
      const signals = prompts.map((_, index) => (index === prompts.length - 1 ? leaver.signal : stay.signal));
      const asked = prompts.map((prompt, index) => ask(prompt, 200, signals[index]).catch(() => undefined));
      await sleep(afterMs);
      const before = stats();
      assert.equal(before.slotsBusy + before.queued, prompts.length);
      const began = performance.now();
      leaver.abort();
      await asked.at(-1);
      const told = performance.now() - began;
      while (stats().slotsBusy + stats().queued >= prompts.length) await sleep(1);
      stay.abort();
      const next = await ask(`Next ${Math.random()}`, 1);
      const served = performance.now() - began;
      t.diagnostic(
        `told after ${told.toFixed(0)} ms, next first token ${served.toFixed(0)} ms (${prompts.length} asked)`,
      );
      assert.ok(told <= 50, `told after ${told} ms`);
      assert.ok(served <= SOON, `served after ${served} ms`);
      assert.equal(next.completionTokens, 1);
      assert.deepEqual([stats().slotsBusy, stats().queued], [0, 0]);
    }
  });
});

test('when the one who reads a shared prompt leaves, those who wait go on from what was read', async () => {
  await withModel({ parallel: 4 }, async ({ ask, stats }) => {
    await ask(textOf('Nobody', 100), 1);
    const before = stats().promptTokensRead;
    const leaver = new AbortController();
    const shared = textOf('Shared', 500);
    const outcomes = Array.from({ length: 4 }, (_, index) =>
      ask(`${shared} ${index}`, 4, index === 0 ? leaver.signal : undefined).catch(() => undefined),
    );
    await sleep(500);
    leaver.abort();
    const answers = (await Promise.all(outcomes)).filter((answer) => answer !== undefined);
    assert.equal(answers.length, 3);
    const length = answers[0]?.promptTokens ?? 0;
    const read = stats().promptTokensRead - before;
    // Less than 64 tokens each is not waited for.
    assert.ok(read <= length + 3 * 64, `${read} tokens read for a prompt of ${length}`);
  });
});
