import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import type { Answer } from '../../src/bench/target.ts';
import { textOf, withModel } from '../support/asked-model.ts';
import { onBothEngines } from '../support/engines.ts';

onBothEngines(({ path }) => {
  test('eight agents with four turns each read their shared prompt once, and the usage says so', async (t) => {
    await withModel({ model: [path], parallel: 8 }, async ({ ask, stats }) => {
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

  test('a prompt is restored after a restart, in a fraction of the time and with the same answer, but from no damaged file', async (t) => {
    const promptCache = await mkdtemp(join(tmpdir(), 'restart-test-'));
    try {
      const prompt = textOf('Somebody', 600);
      const run = (): Promise<Answer> =>
        withModel({ model: [path], parallel: 2, promptCache }, async ({ ask }) => {
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

      for (const name of await readdir(promptCache)) {
        if (!name.endsWith('.hearth-state')) continue;
        const file = join(promptCache, name);
        const state = await readFile(file);
        state.fill(7, state.length / 2, state.length / 2 + 100);
        await writeFile(file, state);
      }
      const damaged = await run();
      assert.equal(damaged.text, cold.text);
      assert.equal(damaged.cachedTokens, 0);
    } finally {
      await rm(promptCache, { recursive: true });
    }
  });

  test('when the one who reads a shared prompt leaves, those who wait go on from what was read', async () => {
    await withModel({ model: [path], parallel: 4 }, async ({ ask, stats }) => {
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
});
