import { z } from 'zod';
import type { HubSettings } from '../contract/hub.ts';
import type { KvCacheType } from '../contract/memory.ts';
import { checkedValue } from './given.ts';
import { readHubSettings } from './hub-environment.ts';
import { modelSettings } from './model-settings.ts';
import { envName, flagName } from './names.ts';
import { setting, type Setting } from './setting.ts';
import { UsageError } from './usage-error.ts';

const json = setting({
  group: 'Report',
  schema: z.boolean(),
  default: false,
  help: 'print the results as JSON on stdout',
  toggle: true,
});

const { hub, yes, contextSize, parallel, kvCacheType } = modelSettings;

/** The flags of the commands that fetch, list and remove models. */
export const hubFlags = {
  pull: { hub, yes },
  list: { json },
  show: { hub, contextSize, parallel, kvCacheType, json },
  rm: { hub },
  verify: { hub },
} satisfies Record<string, Readonly<Record<string, Setting<unknown>>>>;

export type HubCommandName = keyof typeof hubFlags;

/** What such a command was told. */
export interface HubChoices {
  settings: HubSettings;
  yes: boolean;
  json: boolean;
  contextSize: number | undefined;
  parallel: number | undefined;
  kvCacheType: KvCacheType;
}

/**
 * Checks the flags of such a command; each may also be a HEARTH_ variable, and the hubs' own variables are read.
 * @param flags a text, or all of them where a flag was repeated; true for a flag without a value
 * @throws UsageError one sentence about the first value that is wrong
 */
export function resolveHub(
  command: HubCommandName,
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): HubChoices {
  const declared: Readonly<Record<string, Setting<unknown>>> = hubFlags[command];
  const value = <Name extends keyof typeof modelSettings>(name: Name): (typeof modelSettings)[Name]['default'] =>
    valueOf(
      name,
      declared[name] === undefined ? undefined : flags[name],
      env,
    ) as (typeof modelSettings)[Name]['default'];
  const wantsJson = flags['json'];
  return {
    settings: readHubSettings(env, value('hub')),
    yes: value('yes'),
    json: declared['json'] !== undefined && wantsJson === true,
    contextSize: value('contextSize'),
    parallel: value('parallel'),
    kvCacheType: value('kvCacheType'),
  };
}

function valueOf(name: keyof typeof modelSettings, flag: unknown, env: NodeJS.ProcessEnv): unknown {
  const declaration: Setting<unknown> = modelSettings[name];
  const label = `--${flagName(name)}`;
  if (Array.isArray(flag)) throw new UsageError(`${label} was given ${flag.length} times; give it once.`);
  if (flag !== undefined) return checkedValue(declaration, flag, label);
  const variable = env[envName(name)];
  return variable === undefined ? declaration.default : checkedValue(declaration, variable, envName(name));
}
