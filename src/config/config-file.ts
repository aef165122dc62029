import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Given } from './given.ts';
import { flagName, nearestName } from './names.ts';
import { reasonOf } from './reason.ts';
import { declarationOf, settingNames, type SettingName } from './settings.ts';
import { UsageError } from './usage-error.ts';

/**
 * The settings in a config file: one mapping with the names of the flags, in kebab-case or camelCase.
 * Paths in it are relative to the file.
 * @throws UsageError one sentence that names the file and what is wrong in it
 */
export function readConfigFile(path: string): Given[] {
  const content = parseFile(path, readText(path)) ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new UsageError(`The config file ${path} must hold a mapping from settings to values, such as "port: 8000".`);
  }
  const spellings = configKeys();
  const seen = new Map<SettingName, string>();
  return Object.entries(content).map(([key, value]: [string, unknown]) => {
    const name = spellings.get(key);
    if (name === undefined) throw new UsageError(unknownKey(path, key));
    const other = seen.get(name);
    if (other !== undefined)
      throw new UsageError(`${path}: ${other} and ${key} are the same setting; keep one of them.`);
    seen.set(name, key);
    return { name, raw: settled(name, value, path), source: 'file', label: `${basename(path)}: ${key}` };
  });
}

/** Every spelling of a key; the file cannot name a config file itself. */
function configKeys(): Map<string, SettingName> {
  const keys = new Map<string, SettingName>();
  for (const name of settingNames) {
    if (name === 'config') continue;
    for (const key of [flagName(name), name, ...(declarationOf(name).aliases ?? [])]) keys.set(key, name);
  }
  return keys;
}

function unknownKey(path: string, key: string): string {
  if (key === 'config') return `${path}: config cannot be set in a config file; remove it.`;
  const meant = nearestName(key, settingNames.map(flagName));
  const hint = meant === undefined ? 'the keys are named as the flags are' : `did you mean ${meant}?`;
  return `${path}: unknown key ${key}; ${hint}${meant === undefined ? '.' : ''}`;
}

/** The value with its paths made absolute; whatever is no path is left for the check. */
function settled(name: SettingName, value: unknown, file: string): unknown {
  if (declarationOf(name).path !== true) return value;
  const absolute = (path: unknown): unknown => {
    if (typeof path !== 'string' || path === '' || /^\w+:/.test(path)) return path;
    const found = resolve(dirname(file), path);
    // A plain owner/name is no path, unless it is one.
    const plain = name === 'model' && /^[\w-][\w.-]*\/[\w.-]+$/.test(path) && !/\.(gguf|onnx)$/i.test(path);
    return plain && !existsSync(found) ? path : found;
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
