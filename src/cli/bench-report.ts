import type { LevelSummary } from '../bench/summary.ts';
import type { ResolvedBench } from '../config/resolve-bench.ts';
import type { Opened } from './bench-target.ts';

export type About = Opened['about'] & { bench: ResolvedBench['bench']; version: string };

interface Column {
  /** Stands over neighbouring columns that share it. */
  group: string;
  name: string;
  width: number;
  cell(level: LevelSummary): string;
}

const column = (group: string, name: string, width: number, cell: Column['cell']): Column => ({
  group,
  name,
  width,
  cell,
});

const columns: readonly Column[] = [
  column('', 'clients', 7, ({ clients }) => String(clients)),
  column('', 'requests', 10, ({ requests }) => String(requests)),
  column('', 'errors', 8, ({ errors }) => String(errors)),
  column('tokens/s', 'output', 10, ({ outputTokensPerSecond }) => rate(outputTokensPerSecond)),
  column('tokens/s', 'prompt', 9, ({ promptTokensPerSecond }) => rate(promptTokensPerSecond)),
  column('first token, ms', 'p50', 9, ({ firstTokenMs }) => time(firstTokenMs.p50)),
  column('first token, ms', 'p95', 8, ({ firstTokenMs }) => time(firstTokenMs.p95)),
  column('first token, ms', 'p99', 8, ({ firstTokenMs }) => time(firstTokenMs.p99)),
  column('next token, ms', 'p50', 9, ({ betweenTokensMs }) => time(betweenTokensMs.p50)),
  column('next token, ms', 'p95', 8, ({ betweenTokensMs }) => time(betweenTokensMs.p95)),
  column('answer, ms', 'p50', 9, ({ totalMs }) => time(totalMs.p50)),
  column('answer, ms', 'p95', 8, ({ totalMs }) => time(totalMs.p95)),
  column('prompt tokens', 'cached', 9, ({ cachedTokens }) => (cachedTokens === null ? '–' : String(cachedTokens))),
  column('prompt tokens', 'read/unique', 13, readShare),
];

/** What was measured, and how; a line each. */
export function heading({ kind, name, model, bench }: About): [string, string] {
  const { workload, promptTokens, maxTokens, sharedTokens, turns, requests, duration, seed } = bench;
  const where = model === undefined ? name : `${name} in this process, ${model.device}, ${model.slots} slots`;
  const agents = workload === 'agents' ? `${sharedTokens} shared, ${turns} turns, ` : '';
  const extent = requests === undefined ? `${duration} s` : `${requests} requests`;
  const streamed = kind === 'post-api' ? ', not streamed' : '';
  const load = `${workload}, ${agents}${promptTokens} + ${maxTokens} tokens, ${extent} a level, seed ${seed}`;
  return [`${where}${streamed}`, load];
}

/** Two lines over the table: what neighbouring columns share, and each column's own name. */
export const tableHead = [groupLine(), columns.map(({ name, width }) => name.padStart(width)).join('')].join('\n');

export function tableRow(level: LevelSummary): string {
  return columns.map(({ cell, width }) => cell(level).padStart(width)).join('');
}

/** The whole benchmark as JSON, a number at most three decimals long; ends with a newline. */
export function jsonReport({ kind, name, model, bench, version }: About, levels: readonly LevelSummary[]): string {
  const { workload, promptTokens, maxTokens, sharedTokens, turns, requests, duration, seed } = bench;
  const settings = {
    workload,
    promptTokens,
    maxTokens,
    ...(workload === 'agents' && { sharedTokens, turns }),
    ...(requests === undefined ? { duration } : { requests }),
    seed,
  };
  const report = { hearth: version, target: { kind, name, ...(model && { model }) }, settings, levels };
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  return `${JSON.stringify(report, rounded, 2)}\n`;
}

function groupLine(): string {
  const groups = [...new Set(columns.map(({ group }) => group))];
  return groups
    .map((group) => {
      const members = columns.filter((one) => one.group === group);
      const width = members.reduce((sum, one) => sum + one.width, 0);
      // Over the names, which stand at the right of their columns.
      const gap = (members[0]?.width ?? 0) - (members[0]?.name.length ?? 0);
      return (' '.repeat(gap) + group).padEnd(width);
    })
    .join('')
    .trimEnd();
}

function rate(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}

function time(value: number | null): string {
  if (value === null) return '–';
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function readShare({ promptTokensRead: read, promptTokensUnique: unique }: LevelSummary): string {
  return read === null || unique === null || unique === 0 ? '–' : (read / unique).toFixed(2);
}
