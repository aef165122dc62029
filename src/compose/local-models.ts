import { basename } from 'node:path';
import { readHubSettings } from '../config/hub-environment.ts';
import type { ModelEntry } from '../config/model-entries.ts';
import type { Settings } from '../config/settings.ts';
import { dtypes, type Dtype } from '../contract/dtype.ts';
import { isModelName, parseModelName, pullModel, usualWaits, type LocalModel, type PullOptions } from '../hub/index.ts';
import type { LoadHooks } from './hooks.ts';

/**
 * The settings with each model's name turned into an entry with its path, where it has been fetched to if it was not there.
 * @throws UsageError for a variable of a hub that is wrong; InferenceError as `pullModel`
 */
export async function withLocalModels(settings: Settings, hooks: LoadHooks): Promise<Settings> {
  const { model, models, alias, dtype } = settings;
  const isEntry = (text: string): boolean => models.some((entry) => entry.alias === text);
  const isName = (text: string): boolean => isModelName(text) && !isEntry(text);
  if (!model.some(isName) && !models.some((entry) => isModelName(entry.model))) return settings;
  const options = pullOptions(settings, hooks);
  const entries: ModelEntry[] = [];
  for (const entry of models) {
    const fetched = isModelName(entry.model) && (await fetchModel(entry.model, entry.own.dtype ?? dtype, options));
    entries.push(fetched ? entryFor(fetched, entry.alias, entry.own) : entry);
  }
  const named: string[] = [];
  const left: string[] = [];
  let plain = 0;
  for (const text of model) {
    if (isEntry(text)) {
      named.push(text);
      continue;
    }
    const given = alias[plain];
    plain += 1;
    if (isName(text)) {
      const entry = entryFor(await fetchModel(text, dtype, options), given, {});
      entries.push(entry);
      named.push(entry.alias ?? entry.model);
    } else {
      named.push(text);
      left.push(given ?? basename(text).replace(/\.gguf$/i, ''));
    }
  }
  return { ...settings, model: named, models: entries, alias: [...left, ...alias.slice(plain)] };
}

/** How models are fetched for a server. */
export function pullOptions(settings: Settings, { log, pull = {} }: LoadHooks): PullOptions {
  const { env = process.env, confirm, onNote, onProgress, signal } = pull;
  return {
    settings: readHubSettings(env, settings.hub),
    signal,
    waits: usualWaits,
    memory: process.availableMemory(),
    confirm: settings.yes ? () => Promise.resolve(true) : confirm,
    onNote: onNote ?? ((sentence) => log.warn(sentence)),
    onProgress: onProgress ?? (() => {}),
  };
}

/** Makes sure that a model is here. @param dtype what is wanted of an ONNX model whose name says nothing */
export function fetchModel(text: string, dtype: Dtype | undefined, options: PullOptions): Promise<LocalModel> {
  const name = parseModelName(text, options.settings);
  const silent = name.kind !== 'url' && name.quantization === undefined && name.file === undefined;
  return pullModel(silent && dtype !== undefined ? { ...name, quantization: dtype } : name, options);
}

/** Which of a folder's weights a fetched ONNX model is served with. */
export function fetchedDtype({ format, quantization }: LocalModel): Dtype | undefined {
  return format === 'onnx' ? dtypes.find((dtype) => dtype === quantization) : undefined;
}

function entryFor(local: LocalModel, alias: string | undefined, own: ModelEntry['own']): ModelEntry {
  const dtype = fetchedDtype(local);
  return { model: local.path, alias: alias ?? local.id, own: { ...own, ...(dtype && { dtype }) } };
}
