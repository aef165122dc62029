import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialogAgent } from '../../src/agents/dialog-agent.ts';
import { Msg } from '../../src/agents/msg.ts';
import type { LoadModelOptions } from '../../src/library/options.ts';
import { createModelConfigs, LocalWrapper } from '../../src/library/model-configs.ts';

const rules = 'You are a player of a game. '.repeat(60);
const count = 10;

/** Plays rounds of ten agents on one model. @returns milliseconds of a round one after the other, and of one all at once */
async function rounds(prefixReuse: LoadModelOptions['prefixReuse']): Promise<{ oneByOne: number; atOnce: number }> {
  const configs = createModelConfigs();
  configs.read({
    config_name: 'local',
    model_type: 'local',
    load_args: { context_size: 1024, parallel: count, device: 'cpu', prefix_reuse: prefixReuse },
    generate_args: { max_tokens: 48, temperature: 0, ignore_eos: true },
  });
  try {
    const model = configs.load('local');
    assert.ok(model instanceof LocalWrapper);
    const local = await model.model();
    const names = Array.from({ length: count }, (_, index) => `Player ${index}`);
    const ask = async (name: string, round: string): Promise<void> => {
      const agent = new DialogAgent({ name, sysPrompt: rules, model });
      const reply = await agent.call(new Msg({ name: 'Host', content: `${round}: it is your turn, ${name}.` }));
      assert.match(agent.memory[0]?.content ?? '', new RegExp(`${name}\\.$`));
      assert.equal(agent.memory[1], reply);
    };
    // The first large steps also try out how many threads are best.
    await Promise.all(names.map((name) => ask(name, 'Warm-up')));

    const began = performance.now();
    for (const name of names) await ask(name, 'First');
    const oneByOne = performance.now() - began;
    const started = performance.now();
    await Promise.all(names.map((name) => ask(name, 'Second')));
    const atOnce = performance.now() - started;

    const forced = names.map(async (name) => {
      const format = { type: 'schema' as const, schema: { const: name } };
      return (await local.chat('Who are you?', { format, temperature: 0 })).text;
    });
    assert.deepEqual(
      await Promise.all(forced),
      names.map((name) => JSON.stringify(name)),
      'every reply is its own',
    );
    return { oneByOne, atOnce };
  } finally {
    await configs.clear();
  }
}

test('ten agents at once that share a prompt take at most half of the time of one after the other that share nothing', async (t) => {
  const { oneByOne: alone } = await rounds('off');
  const { oneByOne: shared, atOnce } = await rounds('on');
  const [share, batching] = [atOnce / alone, atOnce / shared].map((value) => value.toFixed(2));
  t.diagnostic(
    `${Math.round(atOnce)} ms: ${share} of ${Math.round(alone)} ms, ${batching} of ${Math.round(shared)} ms`,
  );
  assert.ok(atOnce <= 0.5 * alone, `${share} of the time`);
  assert.ok(atOnce <= 0.75 * shared, `${batching} of the time of those that share the prompt, too`);
});
