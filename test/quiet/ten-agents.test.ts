import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DialogAgent } from '../../src/agents/dialog-agent.ts';
import { Msg } from '../../src/agents/msg.ts';
import { createModelConfigs, LocalWrapper } from '../../src/library/model-configs.ts';

const rules = 'You are a player of a game. '.repeat(10);
const count = 10;

test('ten agents at once on one model take at most half of the time of one after the other, each with its own reply', async (t) => {
  const configs = createModelConfigs();
  configs.read({
    config_name: 'local',
    model_type: 'local',
    load_args: { context_size: 1024, parallel: count, device: 'cpu' },
    generate_args: { max_tokens: 32, temperature: 0, ignore_eos: true },
  });
  try {
    const model = configs.load('local');
    const agents = Array.from(
      { length: count },
      (_, index) => new DialogAgent({ name: `Player ${index}`, sysPrompt: rules, model }),
    );
    const ask = async (agent: DialogAgent, round: string): Promise<string> => {
      const content = `${round}: count on from ${agent.name.replace('Player ', '')}00.`;
      return (await agent.call(new Msg({ name: 'Host', content }))).content;
    };
    await ask(new DialogAgent({ name: 'Player 11', sysPrompt: rules, model }), 'Warm-up');

    const began = performance.now();
    for (const agent of agents) await ask(agent, 'Round');
    const oneByOne = performance.now() - began;
    for (const agent of agents) agent.memory.length = 0;

    const started = performance.now();
    const together = await Promise.all(agents.map((agent) => ask(agent, 'Again')));
    const atOnce = performance.now() - started;

    const share = atOnce / oneByOne;
    t.diagnostic(
      `one after the other ${Math.round(oneByOne)} ms, at once ${Math.round(atOnce)} ms: ${share.toFixed(2)}`,
    );
    for (const [index, agent] of agents.entries()) {
      assert.equal(agent.memory.length, 2);
      assert.match(agent.memory[0]?.content ?? '', new RegExp(`from ${index}00`));
      assert.equal(agent.memory[1]?.content, together[index], 'its own reply');
    }
    assert.ok(model instanceof LocalWrapper);
    const local = await model.model();
    const forced = agents.map(async ({ name }) => {
      const format = { type: 'schema' as const, schema: { const: name } };
      return (await local.chat('Who are you?', { format, temperature: 0 })).text;
    });
    assert.deepEqual(
      await Promise.all(forced),
      agents.map(({ name }) => JSON.stringify(name)),
      'nobody else’s reply',
    );
    assert.ok(share <= 0.5, `${share.toFixed(2)} of the time`);
  } finally {
    await configs.clear();
  }
});
