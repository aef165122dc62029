import { checked, type Given } from './given.ts';
import { modelSettings } from './model-settings.ts';
import { poolSettings } from './pool-settings.ts';
import { requestSettings } from './request-settings.ts';
import type { SettingName, Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

const { hub: _hub, yes: _yes, ...loading } = modelSettings;
const { preload, idleUnload } = poolSettings;
const entry = { ...loading, preload, idleUnload, ...requestSettings };

type EntryName = keyof typeof entry;

/** What an entry of the config file's `models` may say: what is loaded, its name, and settings of its own. */
// Object.keys forgets the names.
export const entryNames: readonly SettingName[] = Object.keys(entry) as EntryName[];

/** One model of the config file. */
export interface ModelEntry {
  model: string;
  /** The id that clients see. */
  alias: string | undefined;
  /** What it says for itself; the rest is the server's. */
  own: Partial<Pick<Settings, Exclude<EntryName, 'model' | 'alias'>>>;
}

/**
 * Checks an entry.
 * @param where names the file and the entry, for errors
 * @throws UsageError that names the key, or what is missing
 */
export function checkedEntry(given: readonly Given[], where: string): ModelEntry {
  const values = Object.fromEntries(given.map((one) => [one.name, checked(one)]));
  const [name, ...others] = texts(values['model']);
  const [id, ...ids] = texts(values['alias']);
  if (name === undefined) throw new UsageError(`${where} names no model; give it one, such as "model: my.gguf".`);
  if (others.length > 0) throw new UsageError(`${where}: model names ${others.length + 1} models; give each an entry.`);
  if (ids.length > 0) throw new UsageError(`${where}: alias gives ${ids.length + 1} names; a model has one.`);
  const { model: _named, alias: _called, ...rest } = values;
  return { model: name, alias: id, own: rest };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
