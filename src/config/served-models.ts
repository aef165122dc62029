import { loraFile, type LoraFile } from './lora.ts';
import type { ModelEntry } from './model-entries.ts';
import { fileAt, type ModelFile } from './model-path.ts';
import { modelsIn } from './models-dir.ts';
import { flagName } from './names.ts';
import { settingNames, type SettingName, type Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** A model to serve. */
export interface ServedModel {
  file: ModelFile;
  /** The server's settings with the model's own in their place. */
  settings: Settings;
  lora: readonly LoraFile[];
}

/** One model before its path is looked at; without a path the embedded one. */
interface Wanted {
  path?: string;
  id?: string | undefined;
  own?: ModelEntry['own'];
}

/**
 * The models of a server, in the order of the settings: those of `--model`, each a path or the name of an entry of the config
 * file, else all entries; then those of `--models-dir`; the embedded model where nothing is named.
 * @throws UsageError for an alias too many, an id that two share, adapters of an ONNX model, and two CUDA devices; InferenceError
 * model_not_found for a file that is missing or cannot be read
 */
export function servedModels(settings: Settings, root?: string): ServedModel[] {
  const { models: _models, ...server } = settings;
  const served = wanted(settings).map(({ path, id, own = {} }): ServedModel => {
    const file = fileAt(path, id, root);
    const given = settingNames.filter((name) => name in own || server.given.includes(name));
    const merged = { ...server, ...own, models: [], given };
    if (file.format === 'onnx' && merged.lora.length > 0) {
      throw new UsageError(`--lora is for GGUF models, and ${file.id} is an ONNX model; leave it out there.`);
    }
    return { file, settings: merged, lora: merged.lora.map(loraFile) };
  });
  refuseSameId(served.map(({ file }) => file));
  refuseTwoDevices(served);
  return served;
}

/** What llama.cpp alone can be told. */
const ggufSettings: readonly SettingName[] = ['gpuLayers', 'kvCacheType', 'flashAttention'];

/** A sentence about settings that somebody gave and that do nothing for this model; undefined where there are none. */
export function withoutEffect({ file, settings }: ServedModel): string | undefined {
  if (file.format === 'gguf') return undefined;
  const flags = ggufSettings.filter((name) => settings.given.includes(name)).map((name) => `--${flagName(name)}`);
  if (flags.length === 0) return undefined;
  const named = new Intl.ListFormat('en-GB').format(flags);
  return `${named} ${flags.length === 1 ? 'is' : 'are'} for GGUF models and without effect on ${file.id}, which is an ONNX model.`;
}

function wanted({ model, alias, models, modelsDir }: Settings): Wanted[] {
  const named = model.length > 0 ? model.map((given) => entryOf(given, models)) : models.map(wantedEntry);
  const plain = named.filter(({ own }) => own === undefined);
  const nothing = named.length === 0 && modelsDir === undefined;
  if (nothing) plain.push({});
  if (alias.length > plain.length) {
    const count = plain.length === 1 ? 'one model' : `${plain.length} models`;
    const where = models.length > 0 ? '; an entry of models has an alias of its own' : '';
    throw new UsageError(
      `--alias was given ${alias.length} times, but there is ${count}; give one alias a model, in the same order${where}.`,
    );
  }
  plain.forEach((one, index) => (one.id = alias[index]));
  const inFolder = modelsDir === undefined ? [] : modelsIn(modelsDir).map((path): Wanted => ({ path }));
  return [...(nothing ? plain : named), ...inFolder];
}

function entryOf(given: string, models: readonly ModelEntry[]): Wanted {
  const entry = models.find(({ alias }) => alias === given);
  return entry === undefined ? { path: given } : wantedEntry(entry);
}

function wantedEntry({ model, alias, own }: ModelEntry): Wanted {
  return { path: model, id: alias, own };
}

function refuseSameId(files: readonly ModelFile[]): void {
  const twice = files.find(({ id }, index) => files.findIndex((other) => other.id === id) < index);
  if (twice === undefined) return;
  throw new UsageError(`Two models are called ${twice.id}; give each its own --alias, in the order of the models.`);
}

/** The addon of llama.cpp hides all devices but one from its process. */
function refuseTwoDevices(served: readonly ServedModel[]): void {
  const chosen = served.filter(({ settings }) => /^cuda:\d+$/.test(settings.device));
  const [first] = chosen;
  const other = chosen.find(({ settings }) => settings.device !== first?.settings.device);
  if (first === undefined || other === undefined) return;
  throw new UsageError(
    `${first.file.id} wants ${first.settings.device} and ${other.file.id} ${other.settings.device}, but one server computes on one CUDA device; give them the same --device, or start a second server.`,
  );
}
