// Eight players share one model in this process. Their turns are decoded together, and the rules that all of them begin with
// are read once; the example measures that against one turn after the other with nothing shared.
import { DialogAgent, init, clearModelConfigs, Msg } from '../src/index.ts';

const rules =
  'You play a game of eight players in a village. '.repeat(12) +
  'In each round every player says in one sentence whom it trusts.';
const names = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hana'];

async function round(load: object, together: boolean): Promise<number> {
  init({
    modelConfigs: {
      config_name: 'player',
      model_type: 'local',
      load_args: { context_size: 2048, parallel: 8, ...load },
      generate_args: { max_tokens: 16, temperature: 0.8, ignore_eos: true },
    },
  });
  try {
    const players = names.map((name) => new DialogAgent({ name, sysPrompt: rules, modelConfigName: 'player' }));
    const ask = (player: DialogAgent): Promise<Msg> =>
      player.call(new Msg({ name: 'Host', content: `${player.name}, whom do you trust?` }));
    // What is loaded with the first call is no part of the time.
    await new DialogAgent({ name: 'Warm-up', modelConfigName: 'player' }).call(
      new Msg({ name: 'Host', content: 'Hi.' }),
    );
    const started = performance.now();
    if (together) await Promise.all(players.map(ask));
    else for (const player of players) await ask(player);
    return (performance.now() - started) / 1000;
  } finally {
    await clearModelConfigs();
  }
}

const alone = await round({ prefix_reuse: 'off' }, false);
const shared = await round({}, false);
const together = await round({}, true);
console.log(`one after the other, nothing shared: ${alone.toFixed(2)} s`);
console.log(
  `one after the other, rules shared:   ${shared.toFixed(2)} s (${(alone / shared).toFixed(1)} times as fast)`,
);
console.log(
  `all at once, rules shared:           ${together.toFixed(2)} s (${(alone / together).toFixed(1)} times as fast)`,
);
