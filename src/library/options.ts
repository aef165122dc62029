import { checkedValue } from '../config/given.ts';
import { nearestName } from '../config/names.ts';
import { defaultSettings } from '../config/resolve.ts';
import { declarationOf, settingNames, type SettingName, type Settings } from '../config/settings.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Logger } from '../telemetry/log.ts';

/** What is said to the process that asked, not to the model. */
export interface Hooks {
  /** Told what the server's log tells; silent unless given. */
  log?: Logger | undefined;
  /** Called with the share of the model that is loaded, 0 to 1. */
  onProgress?: ((fraction: number) => void) | undefined;
}

/** Settings that only a command line has. */
type CommandSetting = 'model' | 'config' | 'logLevel' | 'logFormat' | 'apiKeyFile';
/** Settings of a server, which a model alone has no use for. */
const serverNames = [
  'host',
  'port',
  'unknownFields',
  'messagesKey',
  'stringPrompt',
  'timeout',
  'maxBody',
  'storedResponses',
  'storedResponsesSize',
  'drainTimeout',
  'apiKey',
  'corsOrigin',
] as const satisfies SettingName[];
const commandNames = ['model', 'config', 'logLevel', 'logFormat', 'apiKeyFile'] as const satisfies CommandSetting[];

type ServerSetting = (typeof serverNames)[number];
type Given<Name extends SettingName> = { [Key in Name]?: Settings[Key] | undefined };

/** Named and meant as the flags of `hearth serve`; sizes in bytes, times in seconds. */
export interface LoadModelOptions
  extends Omit<Given<Exclude<SettingName, ServerSetting | CommandSetting>>, 'alias'>, Hooks {
  /** The model's id; its file's name unless given. */
  alias?: string | undefined;
}

export interface RouterOptions extends Given<Exclude<ServerSetting, 'host' | 'port'>>, Hooks {}

export interface ServeOptions extends Given<ServerSetting>, Hooks {}

export const loadNames: readonly SettingName[] = settingNames.filter(
  (name) => !([...serverNames, ...commandNames] as string[]).includes(name),
);
export const serveNames: readonly SettingName[] = serverNames;
export const routerNames: readonly SettingName[] = serverNames.filter((name) => name !== 'host' && name !== 'port');

/**
 * The settings for options of the library, each checked as its flag is.
 * @param names those that have a meaning where they were given
 * @throws UsageError for an option that is not known or has a wrong value
 */
export function settingsFrom(options: object, names: readonly SettingName[]): Settings {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const [key, value] of Object.entries(options)) {
    if (key === 'log' || key === 'onProgress' || value === undefined) continue;
    const name = names.find((known) => known === key);
    if (name === undefined) {
      const meant = nearestName(key, names);
      const hint = meant === undefined ? `there are ${names.join(', ')}.` : `did you mean ${meant}?`;
      throw new UsageError(`Unknown option ${key}; ${hint}`);
    }
    values[name] = checkedValue(declarationOf(name), value, name);
  }
  // Each value was just given by its own schema.
  return defaultSettings(values as Partial<Settings>);
}
