import type { LoadModel } from '../contract/local-model.ts';
import { ModelConfigs, type ModelConfigSource } from './model-configs.ts';
import type { ModelWrapper } from './model-wrapper.ts';

/** The configs that agents pick their models from where they are given no others: as in the original, one for the process. */
export const globalConfigs = new ModelConfigs();

export interface InitOptions {
  modelConfigs?: ModelConfigSource | undefined;
  /** Loads the models of `local` configs; llm-hearth's own unless given. */
  loadModel?: LoadModel | undefined;
}

/** Reads the model configs of this process. @throws as `ModelConfigs.read` */
export function init({ modelConfigs, loadModel }: InitOptions): void {
  if (loadModel !== undefined) globalConfigs.useLoader(loadModel);
  if (modelConfigs !== undefined) globalConfigs.read(modelConfigs);
}

/** Adds configs to those of this process. @throws as `ModelConfigs.read` */
export function readModelConfigs(configs: ModelConfigSource, options: { clearExisting?: boolean } = {}): void {
  globalConfigs.read(configs, options);
}

/** Forgets the configs of this process and unloads their models. */
export function clearModelConfigs(): Promise<void> {
  return globalConfigs.clear();
}

/** The model of a config of this process. @throws as `ModelConfigs.load` */
export function loadModelByConfigName(name: string): ModelWrapper {
  return globalConfigs.load(name);
}
