import { globalConfigs } from '../wrappers/global.ts';
import { ModelConfigs, type ModelConfigsOptions } from '../wrappers/model-configs.ts';
import type { LoadModel } from '../contract/local-model.ts';

// `local` configs load the package's own way; the engine comes with the first such model and not with this import.
const ownLoader: LoadModel = async (name, options) => {
  const { loadModel } = await import('./load-model.ts');
  return loadModel(name, options);
};

globalConfigs.useLoader(ownLoader);

/** Model configs apart from those of the process; `local` ones are loaded by `loadModel` unless told otherwise. */
export function createModelConfigs({ loadModel = ownLoader, ...options }: ModelConfigsOptions = {}): ModelConfigs {
  return new ModelConfigs({ loadModel, ...options });
}

export {
  clearModelConfigs,
  init,
  loadModelByConfigName,
  readModelConfigs,
  type InitOptions,
} from '../wrappers/global.ts';
export { LocalWrapper } from '../wrappers/local.ts';
export { ModelWrapper, type CallOptions, type ParseFunc, type RequestOptions } from '../wrappers/model-wrapper.ts';
export { ModelResponse, type ModelUsage } from '../wrappers/model-response.ts';
export type { Message, ModelInput } from '../wrappers/message.ts';
export type { ModelConfig, ModelType } from '../wrappers/model-config.ts';
export type { ModelConfigs, ModelConfigSource, ModelConfigsOptions } from '../wrappers/model-configs.ts';
