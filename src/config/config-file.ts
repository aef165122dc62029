import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Given } from './given.ts';
import { checkedEntry, entryNames, type ModelEntry } from './model-entries.ts';
import { flagName, nearestName } from './names.ts';
import { reasonOf } from './reason.ts';
import { declarationOf, settingNames, type SettingName } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** What a config file says. */
export interface ConfigFile {
  given: Given[];
  /** Its list of models, checked. */
  models: ModelEntry[];
}

/**
 * The settings in a config file: one mapping with the names of the flags, in kebab-case or camelCase, and `models`.
 * Paths in it are relative to the file.
 * @throws UsageError one sentence that names the file and what is wrong in it
 */
export function readConfigFile(path: string): ConfigFile {
  const content = parseFile(path, readText(path)) ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new UsageError(`The config file ${path} must hold a mapping from settings to values, such as "port: 8000".`);
  }
  const { models, ...rest } = content as Record<string, unknown>;
  const given = readKeys(rest, path, { where: path, label: basename(path) }, settingNames);
  if (models !== undefined && given.some(({ name }) => name === 'model')) {
    throw new UsageError(`${path}: model and models both say what is served; put all of them into models.`);
  }
  return { given, models: models === undefined ? [] : readEntries(models, path) };
}

/** @param models what stands under `models` */
function readEntries(models: unknown, path: string): ModelEntry[] {
  if (!Array.isArray(models) || models.length === 0) {
    throw new UsageError(`${path}: models must be a list of mappings, such as "- model: my.gguf".`);
  }
  return models.map((entry: unknown, index) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw new UsageError(`${path}: models[${index}] must be a mapping, such as "model: my.gguf".`);
    }
    const at = `models[${index}]`;
    const given = readKeys(entry, path, { where: `${path}: ${at}`, label: `${basename(path)}: ${at}` }, entryNames);
    return checkedEntry(given, `${path}: ${at}`);
  });
}

/** The keys of a mapping as settings, not checked yet. @param names those that it may have */
function readKeys(
  content: object,
  path: string,
  { where, label }: { where: string; label: string },
  names: readonly SettingName[],
): Given[] {
  const spellings = configKeys(names);
  const seen = new Map<SettingName, string>();
  return Object.entries(content).map(([key, value]: [string, unknown]) => {
    const name = spellings.get(key);
    if (name === undefined) throw new UsageError(unknownKey(where, key, names));
    const other = seen.get(name);
    if (other !== undefined)
      throw new UsageError(`${where}: ${other} and ${key} are the same setting; keep one of them.`);
    seen.set(name, key);
    return { name, raw: settled(name, value, path), source: 'file', label: `${label}: ${key}` };
  });
}

/** Every spelling of a key; the file cannot name a config file itself. */
function configKeys(names: readonly SettingName[]): Map<string, SettingName> {
  const keys = new Map<string, SettingName>();
  for (const name of names) {
    if (name === 'config') continue;
    for (const key of [flagName(name), name, ...(declarationOf(name).aliases ?? [])]) keys.set(key, name);
  }
  return keys;
}

function unknownKey(where: string, key: string, names: readonly SettingName[]): string {
  if (key === 'config') return `${where}: config cannot be set in a config file; remove it.`;
  if (settingNames.some((name) => name === key || flagName(name) === key)) {
    return `${where}: ${key} is for the whole server; put it beside models.`;
  }
  const meant = nearestName(key, names.map(flagName));
  const hint = meant === undefined ? 'the keys are named as the flags are' : `did you mean ${meant}?`;
  return `${where}: unknown key ${key}; ${hint}${meant === undefined ? '.' : ''}`;
}

/** The value with its paths made absolute; whatever is no path is left for the check. */
function settled(name: SettingName, value: unknown, file: string): unknown {
  const { path: isPath } = declarationOf(name);
  if (isPath === undefined) return value;
  const absolute = (path: unknown): unknown => {
    if (typeof path !== 'string' || path === '' || /^\w+:/.test(path)) return path;
    const found = resolve(dirname(file), path);
    // A plain owner/name is no path, unless it is one.
    const plain = name === 'model' && /^[\w-][\w.-]*\/[\w.-]+$/.test(path) && !/\.(gguf|onnx)$/i.test(path);
    if (plain && !existsSync(found)) return path;
    return isPath instanceof RegExp && !isPath.test(path) ? path : found;
  };
  return Array.isArray(value) ? value.map(absolute) : absolute(value);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(`The config file ${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function parseFile(path: string, text: string): unknown {
  const json = path.toLowerCase().endsWith('.json');
  try {
    return json ? JSON.parse(text) : parse(text, { logLevel: 'error' });
  } catch (error) {
    const [reason] = error instanceof Error ? error.message.split('\n') : [];
    const sentence = (reason ?? '').replace(/[:.]$/, '');
    throw new UsageError(`The config file ${path} is not valid ${json ? 'JSON' : 'YAML'}: ${sentence}.`, {
      cause: error,
    });
  }
}
