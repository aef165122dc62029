/**
 * Judges the grammars that we make of the JSON-Schema-Test-Suite (draft 2020-12), and beside them llguidance and xgrammar:
 * `npm run proof:grammar [-- --samples 100] [--without-peers] [--list]`. Exits with 1 where one of ours is wrong.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { judge, type Translation, type Verdict } from '../test/support/grammar-verdict.ts';
import { hearthTranslation } from '../test/support/hearth-grammar.ts';
import { spellings, suiteGroups } from '../test/support/schema-suite.ts';
import { table } from './support/report.ts';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '100' },
    'without-peers': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
const here = import.meta.dirname;
const groups = suiteGroups();

type PeerAnswer = { refused: string } | { accepts: boolean[]; samples: string[] };

/** @returns a peer's verdicts on all groups */
function judgePeer(python: string, name: string): Verdict[] {
  const texts = groups.map(({ schema, tests }) => tests.flatMap(({ data }) => spellings(data, schema)));
  const input = groups.map(({ schema }, index) => JSON.stringify({ schema, texts: texts[index], samples: 20 }));
  const run = spawnSync(python, [path.join(here, 'peers', 'schema-peers.py'), name], {
    input: input.join('\n'),
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const answers = run.stdout.trim().split('\n');
  if (run.status !== 0 || answers.length !== groups.length) throw new Error(`${name} failed:\n${run.stderr}`);
  return groups.map((group, index) => {
    const answer = JSON.parse(answers[index] ?? '') as PeerAnswer;
    return judge(group, 'refused' in answer ? refusal(answer.refused) : peerTranslation(texts[index] ?? [], answer));
  });
}

const refusal = (refused: string): Translation => ({ refused, accepts: () => false, samples: [] });

function peerTranslation(texts: readonly string[], answer: { accepts: boolean[]; samples: string[] }): Translation {
  const accepted = new Set(texts.filter((_, index) => answer.accepts[index] === true));
  return { accepts: (text) => accepted.has(text), samples: answer.samples };
}

function counts(name: string, verdicts: readonly Verdict[]): string[] {
  const of = (kind: Verdict['kind']): string => String(verdicts.filter((verdict) => verdict.kind === kind).length);
  const sum = (key: 'instances' | 'samples'): string =>
    String(verdicts.reduce((total, { checked }) => total + checked[key], 0));
  return [name, of('right'), of('wrong'), of('refused'), sum('instances'), sum('samples')];
}

function peers(): { name: string; verdicts: Verdict[] }[] {
  if (values['without-peers']) return [];
  const python = path.join(homedir(), '.cache', 'hearth-peers', 'python', 'bin', 'python');
  const made = spawnSync('sh', [path.join(here, 'peers', 'python.sh')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (made.status !== 0 || !existsSync(python)) throw new Error('scripts/peers/python.sh could not make its venv');
  const asked = spawnSync(python, [path.join(here, 'peers', 'schema-peers.py'), 'versions'], { encoding: 'utf8' });
  const versions = JSON.parse(asked.stdout) as Record<string, string>;
  return ['llguidance', 'xgrammar'].map((name) => ({
    name: `${name} ${versions[name]}`,
    verdicts: judgePeer(python, name),
  }));
}

const ours = groups.map((group) => judge(group, hearthTranslation(group.schema, samples)));
const others = peers();
const rows = [counts('hearth', ours), ...others.map(({ name, verdicts }) => counts(name, verdicts))];
console.log(`JSON-Schema-Test-Suite, draft 2020-12: ${groups.length} groups\n`);
console.log(table(['', 'accepted and right', 'accepted but wrong', 'refused', 'instances', 'sampled texts'], rows));

const byKeyword = new Map<string, string[]>();
for (const { kind, refused = '', group } of ours) {
  if (kind === 'refused') byKeyword.set(refused, [...(byKeyword.get(refused) ?? []), group.name]);
}
console.log('\nRefused by hearth, by keyword:');
for (const [keyword, names] of [...byKeyword].toSorted((a, b) => b[1].length - a[1].length)) {
  console.log(`  ${String(names.length).padStart(3)}  ${keyword}`);
  if (values.list) for (const name of names) console.log(`         ${name}`);
}

for (const { name, verdicts } of others) {
  const only = verdicts.filter(({ kind }, index) => kind === 'right' && ours[index]?.kind !== 'right');
  console.log(`\nRight with ${name}, refused by hearth: ${only.length}`);
  for (const { group } of only) {
    const refused = ours.find((verdict) => verdict.group === group)?.refused;
    console.log(`  ${group.name} (${refused})`);
  }
  if (!values.list) continue;
  for (const { kind, group, mistakes } of verdicts) {
    if (kind === 'wrong') console.log(`\nWrong with ${name}: ${group.name}\n  ${mistakes.slice(0, 5).join('\n  ')}`);
  }
}

const disputed = ours.flatMap(({ group, disputed: list }) => list.map((text) => `  ${group.name}: ${text}`));
console.log(`\nInstances that the suite and ajv judge differently, and hearth as ajv does: ${disputed.length}`);
for (const line of disputed) console.log(line);

const wrong = ours.filter(({ kind }) => kind === 'wrong');
for (const { group, mistakes } of wrong) console.log(`\nWRONG ${group.name}\n  ${mistakes.join('\n  ')}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
