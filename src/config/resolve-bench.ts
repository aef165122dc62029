import { benchDeclarations, serverFlagNames, type BenchFlagName, type BenchSettings } from './bench-settings.ts';
import { checkedFlags } from './given.ts';
import { modelFlagNames } from './model-settings.ts';
import { flagName } from './names.ts';
import { resolveSettings } from './resolve.ts';
import { readServerUrl, type ServerUrl } from './server-url.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The flags as they were written: one text, or all of them where a flag was repeated; true for a flag without a value. */
export type BenchFlags = Readonly<Partial<Record<BenchFlagName, string | boolean | readonly (string | boolean)[]>>>;

/** What is measured: a server by its dialect, or a model that is loaded into this process. */
export type Measured = ServerUrl | { kind: 'model'; settings: Settings };

export interface ResolvedBench {
  bench: BenchSettings & { seed: number };
  measured: Measured;
  /** Sentences about variables that were left out. */
  warnings: string[];
}

/**
 * Checks the flags of a benchmark. A model in this process also follows the HEARTH_ variables and their config file.
 * @param url the server; undefined for a model in this process
 * @throws UsageError one sentence about what is wrong or doesn't go together
 */
export function resolveBench(flags: BenchFlags, url: string | undefined, env: NodeJS.ProcessEnv): ResolvedBench {
  const bench = readOwn(flags);
  const given = (name: BenchFlagName): boolean => flags[name] !== undefined;
  if (given('requests') && given('duration'))
    throw new UsageError('--requests and --duration both say how long a level is; give one of them.');
  for (const name of ['sharedTokens', 'turns'] as const)
    if (given(name) && bench.workload !== 'agents')
      throw new UsageError(`--${flagName(name)} is for agents; add --workload agents, or leave it out.`);
  const stray = (url === undefined ? serverFlagNames : modelFlagNames).find(given);
  if (stray !== undefined) {
    throw new UsageError(
      url === undefined
        ? `--${flagName(stray)} is for a server; give its URL, as in hearth bench http://127.0.0.1:8000/v1.`
        : `--${flagName(stray)} is for a model in this process; leave out it or the URL ${url}.`,
    );
  }
  if (url !== undefined) return { bench, measured: readUrl(url, given('servedModel')), warnings: [] };
  const model = Object.fromEntries(modelFlagNames.map((name) => [name, flags[name]]));
  // The model's flags all take a value, so that each is a text or several.
  const { settings, warnings } = resolveSettings(model, env);
  if (settings.model.length > 1)
    throw new UsageError(`A benchmark measures one model, but ${settings.model.length} were given; leave one.`);
  return { bench, measured: { kind: 'model', settings }, warnings };
}

function readOwn(flags: BenchFlags): ResolvedBench['bench'] {
  // Every declared name was just given a value of its own schema.
  const bench = checkedFlags(benchDeclarations, flags) as BenchSettings;
  return { ...bench, seed: bench.seed ?? Math.floor(Math.random() * 2 ** 32) };
}

function readUrl(given: string, servedModel: boolean): Measured {
  const server = readServerUrl(given);
  if (servedModel && server.kind === 'post-api')
    throw new UsageError(`--served-model is for /v1; leave it out, /llm/ serves one model.`);
  return server;
}
