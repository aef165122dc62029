export { loadModel } from './library/load-model.ts';
export { createRouter, serve, type Serving } from './library/serve.ts';
export type { LoadModelOptions, RouterOptions, ServeOptions } from './library/options.ts';
export type {
  ChatOptions,
  GenerateOptions,
  LoadModel,
  LocalModel,
  LocalTokenizer,
  Reply,
  ToolDefinition,
} from './contract/local-model.ts';
export { UsageError } from './config/usage-error.ts';
export { InferenceError, type ErrorCode } from './contract/errors.ts';
export { collect } from './contract/collect.ts';
export type { EmbedResult } from './contract/embed.ts';
export type {
  ChatMessage,
  FinishReason,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  TokenLogprob,
  Usage,
} from './contract/generate.ts';
export type { ToolCall } from './contract/tools.ts';
export type { Model, ModelInfo, ModelStats } from './contract/model.ts';
export { createLogger, type Logger } from './telemetry/log.ts';
export * from './library/model-configs.ts';
export * from './library/agents.ts';
