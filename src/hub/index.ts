export { describeModel, type Description } from './describe.ts';
export { estimateMemory, type MemoryEstimate } from './facts.ts';
export { usualWaits } from './http.ts';
export { installedModels, type Installed } from './installed.ts';
export { isModelName, parseModelName } from './model-name.ts';
export { pullModel, type LocalModel, type PullOptions, type PullProgress } from './pull.ts';
export { removeModel } from './remove.ts';
export { verifyModels } from './verify.ts';
