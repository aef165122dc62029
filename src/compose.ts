import { basename } from 'node:path';
import type { Model, ModelInfo } from './contract/model.ts';
import { modelPath } from './config/model-path.ts';
import type { Settings } from './config/settings.ts';
import { dialects } from './dialects/index.ts';
import { loadEngine } from './engines/index.ts';
import type { RouterOptions } from './http/app.ts';
import { createHttpServer } from './http/server.ts';
import { openPromptFiles, type PromptFiles } from './prompt-cache/index.ts';
import { chatFormatOf } from './runtime/chat-format.ts';
import { OutputGrammars } from './runtime/output-grammars.ts';
import { createRenderPrompt } from './runtime/prompt.ts';
import { Registry } from './runtime/registry.ts';
import { createModel } from './runtime/runtime.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import type { Logger } from './telemetry/log.ts';

export interface LoadHooks {
  log: Logger;
  /** Called with the share of the model that is loaded, 0 to 1. */
  onLoadProgress?: (fraction: number) => void;
}

/** A server that takes requests. */
export interface Served {
  url: string;
  info: ModelInfo;
  /** Takes no new work, lets running work finish up to the drain timeout, unloads. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves when the server is closed; rejects when it closed because the model failed for good. */
  closed: Promise<void>;
}

/**
 * Loads the model and serves it. The port is taken first and answers 503 until the model is there.
 * @throws InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device), or the socket's own error
 */
export async function serve(settings: Settings, hooks: LoadHooks): Promise<Served> {
  const models = new Registry();
  const server = createHttpServer(routerOptions(settings, models, hooks.log));
  const url = await server.listen(settings.host, settings.port);
  let model: Model;
  try {
    model = await loadModel(settings, hooks);
  } catch (error) {
    await server.drain();
    throw error;
  }
  models.add(model);
  server.ready();

  let ended = (): void => {};
  let failed = (_error: Error): void => {};
  const closed = new Promise<void>((resolve, reject) => {
    ended = resolve;
    failed = reject;
  });
  // Whoever started the server may not be waiting for its end.
  closed.catch(() => {});

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      await server.drain();
      await models.dispose();
      ended();
    })());
  // A supervisor can only restart what ends.
  const watch = async (): Promise<void> => {
    const error = await model.failed;
    hooks.log.fatal({ err: error.cause }, error.message);
    failed(error);
  };
  void watch();
  return { url, info: model.info, close, closed };
}

/**
 * Loads the model that the settings name into this process.
 * @throws InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device)
 */
export async function loadModel(settings: Settings, hooks: LoadHooks): Promise<Model> {
  const path = modelPath(settings.model);
  const files = await openPromptFiles(
    { folder: settings.promptCache, maxBytes: settings.promptCacheSize },
    process.availableMemory(),
  );
  try {
    const model = await loadWith(files, path, settings, hooks);
    const dispose = async (): Promise<void> => {
      await model.dispose();
      await files.scratch.dispose();
    };
    return { ...model, dispose };
  } catch (error) {
    await files.scratch.dispose();
    throw error;
  }
}

async function loadWith(
  files: PromptFiles,
  path: string,
  settings: Settings,
  { log, onLoadProgress }: LoadHooks,
): Promise<Model> {
  const engine = await loadEngine({
    path,
    scratchFolder: files.scratch.path,
    device: settings.device,
    contextSize: settings.contextSize,
    slots: settings.parallel,
    threads: settings.threads,
    batchSize: settings.batchSize,
    gpuLayers: settings.gpuLayers,
    kvCacheType: settings.kvCacheType,
    flashAttention: settings.flashAttention,
    onProgress: onLoadProgress,
    // What matters of it comes as an error with a sentence of ours; the rest is for whoever looks for a cause.
    onLog: (level, message) => log.debug({ engine: level }, message),
  });
  const { stepper, tokenizer } = engine;
  let promptCache;
  try {
    promptCache = await files.open(path, engine.states, (message, err) => log.warn({ err }, message));
  } catch (error) {
    await stepper.dispose();
    throw error;
  }
  const { temperature, topP, topK, minP, repetitionPenalty, seed } = settings;
  const scheduler = new Scheduler(stepper, {
    maxQueue: settings.maxQueue,
    maxQueueWaitMs: settings.maxQueueWait * 1000,
    stepBudgetMs: settings.stepBudget,
    endTokens: tokenizer.special.eog,
    prefixReuse: settings.prefixReuse === 'on',
    promptCache,
  });
  return createModel({
    info: {
      id: settings.alias ?? basename(path).replace(/\.gguf$/i, ''),
      format: engine.format,
      contextSize: stepper.contextSize,
      slots: stepper.slots,
      device: engine.device,
      memory: engine.memory,
      tasks: ['generate'],
      created: Math.floor(Date.now() / 1000),
    },
    tokenizer,
    renderPrompt: createRenderPrompt(engine.chatTemplate, tokenizer),
    chatFormat: chatFormatOf(engine.chatTemplate),
    grammars: new OutputGrammars((gbnf) => engine.checkGrammar(gbnf)),
    scheduler,
    defaults: {
      maxTokens: settings.maxTokens,
      sampling: { temperature, topP, topK, minP, repetitionPenalty, seed },
    },
    maxQueue: settings.maxQueue,
  });
}

function routerOptions(settings: Settings, models: Registry, log: Logger): RouterOptions {
  const { unknownFields, messagesKey, stringPrompt } = settings;
  return {
    dialects: dialects.map((create) => create({ unknownFields, messagesKey, stringPrompt })),
    services: { models },
    settings: {
      apiKeys: settings.apiKey,
      corsOrigins: settings.corsOrigin,
      maxBody: settings.maxBody,
      timeoutMs: settings.timeout * 1000,
      drainTimeoutMs: settings.drainTimeout * 1000,
    },
    log,
  };
}
