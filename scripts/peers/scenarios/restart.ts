import path from 'node:path';
import { wordText } from '../../../src/bench/words.ts';
import { hearth, type Scenario } from '../scenario.ts';

const needs = '--prompt-cache';

/** A prompt of about 600 tokens that was asked before the server was restarted. */
export const restartScenario: Scenario = {
  name: 'restart',
  slots: 4,
  contextSize: 2048,
  contestants: [
    { name: 'hearth, prompt cache', server: 'hearth', flags: (scratch) => [needs, path.join(scratch, 'prompts')] },
    hearth,
  ],
  fresh: true,
  needs,
  async measure(session, { seed }) {
    const ask = { prompt: wordText(570, seed), maxTokens: 16, ignoreEos: true };
    await session.target.ask(ask);
    await session.restart();
    // The first request of a process pays for more than its prompt.
    await session.target.ask({ prompt: wordText(20, `${seed}/other`), maxTokens: 4, ignoreEos: true });
    return { firstTokenMs: (await session.target.ask(ask)).firstTokenMs };
  },
};
