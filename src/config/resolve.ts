import { readApiKeys } from './api-keys.ts';
import { readConfigFile } from './config-file.ts';
import { readEnvironment } from './environment.ts';
import { checked, type Given, type Source } from './given.ts';
import { flagName } from './names.ts';
import { declarationOf, settingNames, type SettingName, type Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The flags as they were written: one text, or all of them where a flag was repeated; true for a flag without a value. */
export type Flags = Readonly<Partial<Record<SettingName, string | boolean | readonly (string | boolean)[]>>>;

export interface Resolved {
  settings: Settings;
  /** Where each value came from, and what it is called there. */
  origins: Record<SettingName, { source: Source; label: string }>;
  /** Sentences about variables that were left out. */
  warnings: string[];
}

/**
 * Joins flags, HEARTH_ variables, the config file and the defaults; the first that has a value wins.
 * Every value is checked, also one that loses. `apiKey` holds the keys of `apiKeyFile` too.
 * @throws UsageError one sentence about the first value that is wrong
 */
export function resolveSettings(flags: Flags, env: NodeJS.ProcessEnv): Resolved {
  const environment = readEnvironment(env);
  const strong = [...environment.given, ...readFlags(flags)];
  const config = strong.findLast((given) => given.name === 'config');
  const file = config === undefined ? undefined : readConfigFile(String(checked(config)));

  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Resolved['origins']> = {};
  for (const given of [...settingNames.map(byDefault), ...(file?.given ?? []), ...strong]) {
    values[given.name] = given.source === 'default' ? given.raw : checked(given);
    origins[given.name] = { source: given.source, label: given.label };
  }
  // Every declared name was just given a value of its own schema.
  const given = settingNames.filter((name) => origins[name]?.source !== 'default');
  const settings = { ...values, models: file?.models ?? [], given } as Settings;
  if (settings.apiKeyFile !== undefined) {
    settings.apiKey = [...new Set([...settings.apiKey, ...readApiKeys(settings.apiKeyFile)])];
  }
  return { settings, origins: origins as Resolved['origins'], warnings: environment.warnings };
}

/**
 * The settings of a server that is told nothing, for the library and for tests.
 * @param values what shall differ, already of the right type
 */
export function defaultSettings(values: Partial<Settings> = {}): Settings {
  const given = settingNames.filter((name) => values[name] !== undefined);
  return { ...resolveSettings({}, {}).settings, given, ...values };
}

function byDefault(name: SettingName): Given {
  return { name, raw: declarationOf(name).default, source: 'default', label: 'default' };
}

function readFlags(flags: Flags): Given[] {
  return settingNames.flatMap((name): Given[] => {
    const raw = flags[name];
    if (raw === undefined) return [];
    const label = `--${flagName(name)}`;
    if (Array.isArray(raw) && declarationOf(name).list !== true) {
      throw new UsageError(`${label} was given ${raw.length} times; give it once.`);
    }
    return [{ name, raw, source: 'flag', label }];
  });
}
