/** What dialect and HTTP add to streaming completions, against the engine alone, in one run: `npm run bench:dialect`. */
import { parseArgs } from 'node:util';
import { addedShare, measureDialectCost } from './support/dialect-cost.ts';
import { median, table } from './support/report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '8' },
    tokens: { type: 'string', default: '64' },
  },
});
const clients = Number(values.clients);
const tokens = Number(values.tokens);
const measured = await measureDialectCost({ rounds: Number(values.rounds), clients, tokens });

const ms = (value: number): string => value.toFixed(1);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const rows = measured.map((round, index) => [
  String(index + 1),
  ms(round.engine.wallMs),
  ms(round.http.wallMs),
  percent(round.http.wallMs / round.engine.wallMs - 1),
  ms(round.engine.threadMs),
  ms(round.http.threadMs),
  percent(addedShare([round])),
]);
const head = ['round', 'engine ms', 'http ms', 'longer', 'engine js ms', 'http js ms', 'added work'];
process.stdout.write(`${table(head, rows)}\n\n`);
const longer = median(measured.map(({ engine, http }) => http.wallMs / engine.wallMs - 1));
const perToken = median(measured.map(({ engine, http }) => (http.threadMs - engine.threadMs) / (clients * tokens)));
process.stdout.write(
  `${clients} clients, ${tokens} tokens each: the requests take ${percent(longer)} longer (median); ` +
    `dialect and HTTP work ${(1000 * perToken).toFixed(0)} µs a token, ${percent(addedShare(measured))} of the time.\n`,
);
