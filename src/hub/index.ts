export { usualWaits } from './http.ts';
export { localModels } from './local.ts';
export { isModelName, parseModelName } from './model-name.ts';
export { pullModel, type LocalModel, type PullOptions, type PullProgress } from './pull.ts';
