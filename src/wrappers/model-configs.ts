import { readFileSync } from 'node:fs';
import { reasonOf } from '../config/reason.ts';
import { InferenceError } from '../contract/errors.ts';
import type { LoadModel, LocalModel } from '../contract/local-model.ts';
import { checkConfigs } from './check-config.ts';
import { readConfigText } from './config-text.ts';
import { createWrapper } from './create-wrapper.ts';
import { localLoadOptions } from './local-load.ts';
import type { LocalConfig, ModelConfig } from './model-config.ts';
import { defaultContext, type ModelWrapper, type WrapperContext } from './model-wrapper.ts';

/** The path of a file (JSON with comments, or YAML), one config, or a list of them. */
export type ModelConfigSource =
  | string
  | Readonly<Record<string, unknown>>
  | readonly Readonly<Record<string, unknown>>[];

export interface ModelConfigsOptions extends Partial<WrapperContext> {
  /** Loads the models of `local` configs. */
  loadModel?: LoadModel | undefined;
}

/** Model configs by their names, and the models in this process that they share. */
export class ModelConfigs {
  private readonly context: WrapperContext;
  private loadModel: LoadModel | undefined;
  private readonly configs = new Map<string, ModelConfig>();
  private readonly wrappers = new Map<string, ModelWrapper>();
  private readonly loading = new Map<string, Promise<LocalModel>>();

  constructor({ loadModel, ...context }: ModelConfigsOptions = {}) {
    this.context = { ...defaultContext, ...context };
    this.loadModel = loadModel;
  }

  /** Says how `local` models are loaded. */
  useLoader(loadModel: LoadModel): void {
    this.loadModel = loadModel;
  }

  /**
   * Adds configs. A name that is there already keeps its first config, with a warning.
   * @throws InferenceError invalid_request: one sentence with file, entry and key; then none of them is added
   */
  read(source: ModelConfigSource, { clearExisting = false }: { clearExisting?: boolean } = {}): void {
    const checked = this.checked(source);
    if (clearExisting) {
      this.clear().catch((error: unknown) => this.context.warn(`A model could not be unloaded: ${String(error)}`));
    }
    for (const config of checked) {
      if (this.configs.has(config.config_name)) {
        this.context.warn(`config_name [${config.config_name}] already exists.`);
        continue;
      }
      this.configs.set(config.config_name, config);
    }
  }

  /** The names of the configs, in their order. */
  names(): string[] {
    return [...this.configs.keys()];
  }

  /**
   * The model of a config, the same one each time.
   * @throws InferenceError not_found, where the name is not known; invalid_request for a type that is not made here
   */
  load(name: string): ModelWrapper {
    if (this.configs.size === 0) {
      throw new InferenceError('not_found', 'No model configs loaded, please call `read_model_configs` first.', {
        param: 'config_name',
      });
    }
    const config = this.configs.get(name);
    if (config === undefined) {
      throw new InferenceError('not_found', `Cannot find [${name}] in loaded configurations.`, {
        param: 'config_name',
      });
    }
    let wrapper = this.wrappers.get(name);
    if (wrapper === undefined) {
      wrapper = createWrapper(config, (local) => this.open(local), this.context);
      this.wrappers.set(name, wrapper);
    }
    return wrapper;
  }

  /** Forgets all configs and unloads the models that were loaded for them. */
  async clear(): Promise<void> {
    this.configs.clear();
    this.wrappers.clear();
    const loading = [...this.loading.values()];
    this.loading.clear();
    // One that could not be loaded has told so already.
    await Promise.all(
      loading.map((model) =>
        model.then(
          (loaded) => loaded.dispose(),
          () => {},
        ),
      ),
    );
  }

  private checked(source: ModelConfigSource): ModelConfig[] {
    const { env, warn } = this.context;
    if (typeof source !== 'string') return checkConfigs(source, 'modelConfigs', env);
    let text: string;
    try {
      text = readFileSync(source, 'utf8');
    } catch (error) {
      const message = `The model configs ${source} cannot be read: ${reasonOf(error)}.`;
      throw new InferenceError('invalid_request', message, { param: 'modelConfigs', cause: error });
    }
    const { content, warnings } = readConfigText(text, source, /\.ya?ml$/i.test(source) ? 'yaml' : 'json');
    for (const warning of warnings) warn(warning);
    return checkConfigs(content, source, env);
  }

  /** A model that two configs name with the same options is loaded once. */
  private async open(config: LocalConfig): Promise<LocalModel> {
    const { loadModel } = this;
    if (loadModel === undefined) {
      const message = `${config.config_name}: a local model needs loadModel; give it to init, or import init from llm-hearth.`;
      throw new InferenceError('unsupported', message, { param: 'loadModel' });
    }
    const options = localLoadOptions(config);
    const sorted = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([config.model_name ?? null, sorted]);
    let model = this.loading.get(key);
    if (model === undefined) {
      model = loadModel(config.model_name, options);
      this.loading.set(key, model);
      // Who asks again after a failure tries again.
      model.catch(() => this.loading.delete(key));
    }
    return model;
  }
}
