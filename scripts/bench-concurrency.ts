/** Tokens per second at one client and at several, interleaved in one run: `npm run bench:concurrency`. */
import { parseArgs } from 'node:util';
import { startServer } from '../test/support/server-process.ts';
import { median, table } from './support/report.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,8' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '64' },
    serve: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const clients = values.clients.split(',').map(Number);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const newTokens = Number(values.tokens);

/** About 100 tokens; the number makes every prompt one of its own from its first word on. */
function prompt(number: number): string {
  const facts = ['the tide', 'a lighthouse', 'old maps', 'slow trains', 'the price of salt', 'winter gardens'];
  const lines = Array.from(
    { length: 8 },
    (_, line) => `${line + 1}. Note ${number + line} is about ${facts[(number + line) % 6]}.`,
  );
  return `Story ${number}. ${lines.join(' ')} Tell what the notes have in common.`;
}

interface Reply {
  n_token_response: number;
}

let sent = 0;

async function ask(url: string): Promise<number> {
  sent += 1;
  const response = await fetch(`${url}/llm/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: prompt(sent),
      max_new_tokens: newTokens,
      min_new_tokens: newTokens,
      temperature: 0,
    }),
  });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return ((await response.json()) as Reply).n_token_response;
}

/** Clients that each send their next request when the last is answered. @returns tokens per second */
async function closedLoop(url: string, count: number): Promise<number> {
  const began = performance.now();
  const ends = began + seconds * 1000;
  const sums = await Promise.all(
    Array.from({ length: count }, async () => {
      let tokens = 0;
      while (performance.now() < ends) tokens += await ask(url);
      return tokens;
    }),
  );
  return sums.reduce((sum, tokens) => sum + tokens, 0) / ((performance.now() - began) / 1000);
}

const server = await startServer([
  '--log-level',
  'warn',
  '--parallel',
  String(Math.max(...clients)),
  '--context-size',
  '2048',
  ...values.serve,
]);
try {
  await closedLoop(server.url, 1);
  const speeds = clients.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, count] of clients.entries()) {
      const speed = await closedLoop(server.url, count);
      speeds[index]?.push(speed);
      if (!values.json)
        console.error(`round ${round + 1} of ${rounds}: ${count} clients, ${speed.toFixed(1)} tokens/s`);
    }
  }
  const ratios = (speeds[0] ?? []).map((one, round) => (speeds.at(-1)?.[round] ?? 0) / one);
  const result = { clients, speeds, medians: speeds.map(median), ratio: median(ratios), ratios };
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.log(
      table(
        ['clients', 'tokens/s (median)', 'rounds'],
        clients.map((count, index) => [
          String(count),
          median(speeds[index] ?? []).toFixed(1),
          (speeds[index] ?? []).map((speed) => speed.toFixed(1)).join(' '),
        ]),
      ),
    );
    console.log(
      `\n${clients.at(-1)} clients : ${clients[0]} client = ${result.ratio.toFixed(2)} (median of the rounds' ratios)`,
    );
  }
} finally {
  await server.stop();
}
