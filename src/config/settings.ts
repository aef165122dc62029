import { cacheSettings } from './cache-settings.ts';
import type { ModelEntry } from './model-entries.ts';
import { modelSettings } from './model-settings.ts';
import { poolSettings } from './pool-settings.ts';
import { requestSettings } from './request-settings.ts';
import { accessSettings, limitSettings, listenSettings, logSettings } from './server-settings.ts';
import type { Setting } from './setting.ts';

/** Every setting of the server by its name in TypeScript, in the order of `--help`. */
export const declarations = {
  ...modelSettings,
  ...poolSettings,
  ...cacheSettings,
  ...listenSettings,
  ...limitSettings,
  ...requestSettings,
  ...accessSettings,
  ...logSettings,
};

export type SettingName = keyof typeof declarations;

/** Times in seconds (`stepBudget`: milliseconds), `maxBody` in bytes; undefined leaves the choice to whoever uses it. */
export type Settings = { [Name in SettingName]: (typeof declarations)[Name]['default'] } & {
  /** The config file's list of models. */
  models: readonly ModelEntry[];
  /** The settings that somebody gave a value, be it the default one. */
  given: readonly SettingName[];
};

export const settingNames = Object.keys(declarations) as SettingName[];

/** The declaration of a setting, its value's type left open. */
export function declarationOf(name: SettingName): Setting<unknown> {
  return declarations[name];
}
