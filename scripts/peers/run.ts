/** hearth against llama-server and the Flask service: `npm run bench:peers`. See CONTRIBUTING.md. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bars, judge, type Round } from './bars.ts';
import { parseThreads, usualThreads, type Programs } from './contest.ts';
import { report } from './report.ts';
import { runScenario } from './rounds.ts';
import { scenarios } from './scenarios/all.ts';

const cache = path.join(homedir(), '.cache', 'hearth-peers');
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    model: { type: 'string', default: here('../../models/SmolLM2-135M-Instruct.Q4_1.gguf') },
    onnx: {
      type: 'string',
      default: path.join(process.env['HEARTH_TEST_MODELS'] ?? cache, 'SmolLM2-135M-Instruct-ONNX'),
    },
    'llama-server': { type: 'string', default: path.join(cache, 'llama-server') },
    'llama-threads': { type: 'string', default: usualThreads() },
    python: { type: 'string', default: path.join(cache, 'python', 'bin', 'python') },
    logs: { type: 'string', default: path.join(cache, 'logs') },
    json: { type: 'string' },
  },
});

const programs: Programs = {
  model: path.resolve(values.model),
  onnx: path.resolve(values.onnx),
  hearth: here('../../dist/cli/hearth.cjs'),
  llamaServer: path.resolve(values['llama-server']),
  python: path.resolve(values.python),
  flaskService: here('flask-service.py'),
  logs: path.resolve(values.logs),
};
const candidates = parseThreads(values['llama-threads']);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
// A whole scenario or a family of them: `--only clients` is clients-1 to clients-16.
const chosen = scenarios.filter(
  ({ name }) => values.only.length === 0 || values.only.some((only) => name === only || name.startsWith(`${only}-`)),
);
if (chosen.length === 0) throw new Error(`--only: there are ${scenarios.map(({ name }) => name).join(', ')}.`);

mkdirSync(programs.logs, { recursive: true });
const help = execFileSync(process.execPath, [programs.hearth, 'serve', '--help'], { encoding: 'utf8' });
const results: { scenario: string; threads: string; rounds: Round[] }[] = [];
const left: string[] = [];

/** Why a scenario can't run here; undefined where it can. */
function missing({ needs, contestants }: (typeof scenarios)[number]): string | undefined {
  if (needs !== undefined && !help.includes(needs)) return `hearth serve has no ${needs}`;
  const uses = new Set(contestants.map(({ server }) => server));
  if (uses.has('llama-server') && !existsSync(programs.llamaServer))
    return `${programs.llamaServer} is not there; scripts/peers/llama-server.sh builds it`;
  if (uses.has('flask') && !existsSync(programs.python))
    return `${programs.python} is not there; scripts/peers/python.sh makes it`;
  if (contestants.some(({ onnx }) => onnx) && !existsSync(programs.onnx))
    return `${programs.onnx} is not there; --onnx names the folder`;
  return undefined;
}

for (const scenario of chosen) {
  const why = missing(scenario);
  if (why !== undefined) {
    left.push(`${scenario.name} was left out: ${why}.`);
    continue;
  }
  try {
    results.push(await runScenario(scenario, { programs, candidates, rounds, seconds, say: console.error }));
  } catch (error) {
    left.push(`${scenario.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

const verdicts = results.flatMap(({ scenario, rounds: measured }) =>
  bars.filter((bar) => bar.scenario === scenario).map((bar) => judge(bar, measured)),
);
console.log(report(verdicts));
for (const { scenario, threads } of results) console.log(`llama-server's threads in ${scenario}: ${threads}`);
for (const line of left) console.log(line);
if (values.json !== undefined) {
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const settings = { model: path.basename(programs.model), rounds, seconds };
  writeFileSync(values.json, `${JSON.stringify({ machine, settings, results, verdicts, left }, null, 2)}\n`);
}
