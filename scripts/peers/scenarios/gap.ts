import { setTimeout as sleep } from 'node:timers/promises';
import { wordText } from '../../../src/bench/words.ts';
import { median } from '../../support/report.ts';
import { gapsWithin } from '../gaps.ts';
import { hearth, llamaServer, type Scenario } from '../scenario.ts';

const decoders = 4;
const decodedTokens = 400;
const newcomerWords = 1970;
const leadMs = 3000;

/** Four decoders stream while a newcomer's prompt of about 2,000 tokens is read. */
export const gapScenario: Scenario = {
  name: 'gap',
  slots: 8,
  contextSize: 4096,
  contestants: [
    hearth,
    { name: 'hearth, smallest budget', server: 'hearth', flags: () => ['--step-budget', '1'] },
    llamaServer,
  ],
  fresh: false,
  chooseBy: { figure: 'newcomerMs', wants: 'low' },
  async measure({ target }, { seed }) {
    const beganAt = performance.now();
    const elapsed = (): number => performance.now() - beganAt;
    const ask = async (words: number, maxTokens: number, name: string): Promise<number[]> => {
      const sentMs = elapsed();
      const prompt = wordText(words, `${seed}/${name}`);
      const { pieceMs } = await target.ask({ prompt, maxTokens, ignoreEos: true });
      return pieceMs.map((ms) => sentMs + ms);
    };
    const decoding = Promise.all(
      Array.from({ length: decoders }, (_, decoder) => ask(70, decodedTokens, `decoder ${decoder}`)),
    );
    const lead = sleep(leadMs).then(async () => {
      const sentMs = elapsed();
      const [firstMs = Number.NaN] = await ask(newcomerWords, 8, 'newcomer');
      return { sentMs, firstMs };
    });
    const [streams, { sentMs, firstMs }] = await Promise.all([decoding, lead]);
    const begunMs = Math.max(...streams.map(([first = Infinity]) => first));
    if (begunMs > sentMs) throw new Error('the decoders had not begun when the newcomer came');
    if (Math.min(...streams.map((stream) => stream.at(-1) ?? 0)) < firstMs)
      throw new Error("a decoder had ended before the newcomer's first token");
    return {
      usualGapMs: median(streams.flatMap((stream) => gapsWithin(stream, begunMs, sentMs))),
      longestGapMs: Math.max(...streams.flatMap((stream) => gapsWithin(stream, sentMs, firstMs))),
      newcomerMs: firstMs - sentMs,
    };
  },
};
