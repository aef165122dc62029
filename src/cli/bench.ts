import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { runLoad, type Extent, type Failure, type LoadResult } from '../bench/load.ts';
import { plot } from '../bench/plot.ts';
import { readsBetween } from '../bench/prompt-reads.ts';
import { summarize, type LevelSummary } from '../bench/summary.ts';
import type { Target } from '../bench/target.ts';
import { agentsWorkload, chatWorkload, type Workload } from '../bench/workloads.ts';
import type { ResolvedBench } from '../config/resolve-bench.ts';
import { UsageError } from '../config/usage-error.ts';
import { benchProgress } from './bench-progress.ts';
import { heading, jsonReport, tableHead, tableRow } from './bench-report.ts';
import { openMeasured, type ToMeasure } from './bench-target.ts';
import { CommandError } from './command-error.ts';
import { painter, type Terminal } from './terminal.ts';

export interface BenchCommand {
  bench: ResolvedBench['bench'];
  measured: ToMeasure;
  version: string;
  terminal: Terminal;
}

/**
 * Measures every level, tells the results on stdout and what goes on on stderr.
 * @returns the exit code: 0 measured, 1 when every request failed
 * @throws UsageError where the plot cannot be written; CommandError where the target does not answer; what loading throws
 */
export async function runBench(command: BenchCommand): Promise<number> {
  const { bench, terminal, version } = command;
  const { stdout } = terminal;
  if (bench.plot !== undefined) checkPlot(bench.plot);
  const opened = await openMeasured(command.measured, bench, terminal);
  const progress = benchProgress(terminal);
  try {
    await warmUp(opened.target);
    const about = { ...opened.about, bench, version };
    const paint = painter(stdout, terminal.env);
    if (!bench.json) stdout.write(`${heading(about).join(': ')}\n\n${paint('bold', tableHead)}\n`);
    const levels: LevelSummary[] = [];
    const failures: Failure[] = [];
    for (const clients of bench.clients) {
      const before = await opened.reads();
      const workload = workloadOf(bench, levels.length);
      const report = progress.level(clients, bench);
      const load = await loadLevel(opened.target, workload, { clients, bench, report }).finally(() => report.end());
      const level = summarize(load, readsBetween(before, await opened.reads()));
      levels.push(level);
      failures.push(...load.failures);
      if (!bench.json) stdout.write(`${tableRow(level)}\n`);
    }
    if (bench.json) stdout.write(jsonReport(about, levels));
    if (bench.plot !== undefined) writePlot(bench.plot, levels, heading(about));
    tellFailures(failures, levels, terminal);
    return levels.every(({ requests, errors }) => errors === requests) ? 1 : 0;
  } finally {
    await opened.close();
  }
}

/** Loads what is loaded with the first request, and finds out whether somebody answers. */
async function warmUp(target: Target): Promise<void> {
  try {
    await target.ask({ prompt: 'Say hello.', maxTokens: 4, ignoreEos: true });
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function workloadOf(bench: BenchCommand['bench'], level: number): Workload {
  const { promptTokens, maxTokens, sharedTokens, turns } = bench;
  const options = { promptTokens, maxTokens, seed: `${bench.seed}/${level}` };
  return bench.workload === 'chat' ? chatWorkload(options) : agentsWorkload({ ...options, sharedTokens, turns });
}

interface Level {
  clients: number;
  bench: BenchCommand['bench'];
  report: { answered(): void };
}

async function loadLevel(target: Target, workload: Workload, { clients, bench, report }: Level): Promise<LoadResult> {
  const { requests, duration } = bench;
  const extent: Extent = requests === undefined ? { durationMs: duration * 1000 } : { requests };
  return await runLoad(target, {
    ...extent,
    clients,
    ask: workload.ask,
    onAnswer(client, turn, answer) {
      workload.onAnswer(client, turn, answer);
      report.answered();
    },
  });
}

const toldFailures = 3;

/** The commonest reasons, a line each. */
function tellFailures(failures: readonly Failure[], levels: readonly LevelSummary[], { stderr }: Terminal): void {
  const counts = new Map<string, number>();
  for (const { error } of failures) counts.set(error.message, (counts.get(error.message) ?? 0) + 1);
  const requests = levels.reduce((sum, level) => sum + level.requests, 0);
  const commonest = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, toldFailures);
  for (const [message, count] of commonest)
    stderr.write(`hearth: ${count} of ${requests} requests failed: ${message}\n`);
}

/** Before minutes are spent on measuring. */
function checkPlot(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw new UsageError(`--plot ${path} cannot be written: ${writeReason(error)}.`, { cause: error });
  }
}

function writePlot(path: string, levels: readonly LevelSummary[], title: readonly [string, string]): void {
  try {
    writeFileSync(path, plot(levels, title));
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${writeReason(error)}.`, { cause: error });
  }
}

function writeReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'its folder is not there';
  if (code === 'EACCES' || code === 'EROFS') return 'this user may not write there';
  return error instanceof Error ? error.message : String(error);
}
