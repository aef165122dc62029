export { loadModel, serve, type LoadHooks, type Served } from './compose.ts';
export { defaultSettings } from './config/resolve.ts';
export type { Settings } from './config/settings.ts';
export { InferenceError, type ErrorCode } from './contract/errors.ts';
export { collect } from './contract/collect.ts';
export type {
  ChatMessage,
  ChatPrompt,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  OutputFormat,
  Prompt,
  Sampling,
  TokenLogprob,
  Usage,
} from './contract/generate.ts';
export type { Tool, ToolCall, ToolOffer } from './contract/tools.ts';
export type { Model, ModelInfo, ModelStats } from './contract/model.ts';
export { createLogger, type Logger } from './telemetry/log.ts';
