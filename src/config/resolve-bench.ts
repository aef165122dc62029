import {
  benchDeclarations,
  benchFlags,
  modelFlagNames,
  serverFlagNames,
  type BenchFlagName,
  type BenchSettingName,
  type BenchSettings,
} from './bench-settings.ts';
import { checkedValue } from './given.ts';
import { flagName } from './names.ts';
import { resolveSettings } from './resolve.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The flags as they were written: one text, or all of them where a flag was repeated; true for a flag without a value. */
export type BenchFlags = Readonly<Partial<Record<BenchFlagName, string | boolean | readonly (string | boolean)[]>>>;

/** What is measured: a server by its dialect, or a model that is loaded into this process. */
export type Measured = { kind: 'openai' | 'post-api'; url: URL } | { kind: 'model'; settings: Settings };

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
  const values: Partial<Record<BenchSettingName, unknown>> = {};
  for (const name of Object.keys(benchDeclarations) as BenchSettingName[]) {
    const raw = flags[name];
    const label = `--${flagName(name)}`;
    if (Array.isArray(raw)) throw new UsageError(`${label} was given ${raw.length} times; give it once.`);
    const declaration = benchFlags[name];
    values[name] = raw === undefined ? declaration.default : checkedValue(declaration, raw, label);
  }
  // Every declared name was just given a value of its own schema.
  const bench = values as BenchSettings;
  return { ...bench, seed: bench.seed ?? Math.floor(Math.random() * 2 ** 32) };
}

function readUrl(given: string, servedModel: boolean): Measured {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const hint = /^[\w.-]+:\d+(\/|$)/.test(given)
      ? `did you mean http://${given}?`
      : 'it begins with http:// or https://.';
    throw new UsageError(`${given} is no URL of a server; ${hint}`);
  }
  const path = url.pathname.replace(/\/$/, '');
  if (path.endsWith('/v1')) return { kind: 'openai', url };
  if (!path.endsWith('/llm')) {
    const { origin } = url;
    throw new UsageError(`${given} must end in /v1 or /llm/; did you mean ${origin}/v1 or ${origin}/llm/?`);
  }
  if (servedModel) throw new UsageError(`--served-model is for /v1; leave it out, /llm/ serves one model.`);
  url.pathname = `${path}/`;
  return { kind: 'post-api', url };
}
