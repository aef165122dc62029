import type { AskMessage } from '../../../src/bench/target.ts';
import { wordText } from '../../../src/bench/words.ts';
import { median } from '../../support/report.ts';
import { hearth, llamaServer, type Scenario } from '../scenario.ts';

const conversations = 5;

/** A conversation of about 600 tokens goes on in the slot that holds it. */
export const continuedScenario: Scenario = {
  name: 'continued',
  slots: 4,
  contextSize: 2048,
  contestants: [hearth, llamaServer],
  fresh: false,
  chooseBy: { figure: 'followUpMs', wants: 'low' },
  async measure({ target }, { seed, short }) {
    const followUps: number[] = [];
    for (let number = 0; number < (short ? 2 : conversations); number += 1) {
      const messages: AskMessage[] = [];
      for (const [turn, words] of [300, 240, 20].entries()) {
        messages.push({ role: 'user', content: wordText(words, `${seed}/${number}/${turn}`) });
        const answer = await target.ask({ prompt: [...messages], maxTokens: 16, ignoreEos: true });
        messages.push({ role: 'assistant', content: answer.text });
        if (turn === 2) followUps.push(answer.firstTokenMs);
      }
    }
    return { followUpMs: median(followUps) };
  },
};
