// The clients of dialect-cost.ts, in a process of their own: a round comes as a message, and its milliseconds go back.
import { runLoad } from '../../src/bench/load.ts';
import { openaiTarget } from '../../src/bench/openai-target.ts';
import { load, type Round } from './dialect-cost.ts';

process.on('message', (round: Round) => void answer(round));

async function answer({ url, prompts, tokens }: Round): Promise<void> {
  const target = openaiTarget({ url: new URL(url), model: 'any' });
  const { windowMs, failures } = await runLoad(target, load(prompts, tokens));
  await target.close();
  if (failures[0]) throw failures[0].error;
  process.send?.(windowMs);
}
