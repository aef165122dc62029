import type { Model, ModelInfo } from './contract/model.ts';
import { modelFiles, type ModelFile } from './config/model-path.ts';
import type { Settings } from './config/settings.ts';
import { UsageError } from './config/usage-error.ts';
import { readHubSettings } from './config/hub-environment.ts';
import { dialects } from './dialects/index.ts';
import { loadEngine, type GeneratorEngine } from './engines/index.ts';
import type { RouterOptions } from './http/app.ts';
import { createHttpServer } from './http/server.ts';
import { isModelName, localModels, usualWaits, type PullOptions } from './hub/index.ts';
import { openPromptFiles, type PromptFiles } from './prompt-cache/index.ts';
import { ResponseStore } from './response-store/response-store.ts';
import { chatFormatOf } from './runtime/chat-format.ts';
import { createClassificationModel } from './runtime/classification.ts';
import { createEmbeddingModel } from './runtime/embedding.ts';
import { OutputGrammars } from './runtime/output-grammars.ts';
import { createRenderPrompt } from './runtime/prompt.ts';
import { createRankingModel } from './runtime/ranking.ts';
import { Registry } from './runtime/registry.ts';
import { createModel } from './runtime/runtime.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import type { Logger } from './telemetry/log.ts';

export interface LoadHooks {
  log: Logger;
  /** Called with the share of the model that is loaded, 0 to 1. */
  onLoadProgress?: (fraction: number) => void;
  /** How models that are fetched first are told about; the variables are the process's own, but for tests. */
  pull?: Partial<Pick<PullOptions, 'confirm' | 'onNote' | 'onProgress' | 'signal'>> & { env?: NodeJS.ProcessEnv };
}

/** A server that takes requests. */
export interface Served {
  url: string;
  /** The models in the order of the settings. */
  models: readonly ModelInfo[];
  /** Takes no new work, lets running work finish up to the drain timeout, unloads. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves when the server is closed; rejects when it closed because a model failed for good. */
  closed: Promise<void>;
}

/**
 * Loads the models and serves them. The port is taken first and answers 503 until all are there.
 * @throws UsageError, InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device), as
 * `withLocalModels`, or the socket's own error
 */
export async function serve(given: Settings, hooks: LoadHooks): Promise<Served> {
  const settings = await withLocalModels(given, hooks);
  const files = modelFiles(settings);
  const models = new Registry();
  const server = createHttpServer(routerOptions(settings, models, hooks.log));
  const url = await server.listen(settings.host, settings.port);
  const loaded: Model[] = [];
  try {
    for (const file of files) {
      const model = await loadFile(file, settings, sharedProgress(hooks, loaded.length, files.length));
      loaded.push(model);
      models.add(model);
    }
  } catch (error) {
    await server.drain();
    await models.dispose();
    throw error;
  }
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
  const watch = async (model: Model): Promise<void> => {
    const error = await model.failed;
    hooks.log.fatal({ err: error.cause, model: model.info.id }, error.message);
    failed(error);
  };
  for (const model of loaded) void watch(model);
  return { url, models: models.list(), close, closed };
}

/**
 * Loads the one model that the settings name into this process.
 * @throws UsageError for several, InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device)
 */
export async function loadModel(given: Settings, hooks: LoadHooks): Promise<Model> {
  const settings = await withLocalModels(given, hooks);
  const [file, second] = modelFiles(settings);
  if (file === undefined || second !== undefined) {
    throw new UsageError(`loadModel loads one model, but ${settings.model.length} are named; call it for each.`);
  }
  return loadFile(file, settings, hooks);
}

/**
 * The settings with each model's name turned into a path, where it has been fetched to if it was not there.
 * @throws UsageError for a variable of a hub that is wrong; InferenceError as `pullModel`
 */
export async function withLocalModels(settings: Settings, { log, pull = {} }: LoadHooks): Promise<Settings> {
  if (!settings.model.some(isModelName)) return settings;
  const { env = process.env, confirm, onNote, onProgress, signal } = pull;
  const models = await localModels(settings, {
    settings: readHubSettings(env, settings.hub),
    signal,
    waits: usualWaits,
    memory: process.availableMemory(),
    confirm: settings.yes ? () => Promise.resolve(true) : confirm,
    onNote: onNote ?? ((sentence) => log.warn(sentence)),
    onProgress: onProgress ?? (() => {}),
  });
  return { ...settings, ...models };
}

/** The hooks for one of several models: what is loaded of it is its part of all. */
function sharedProgress(hooks: LoadHooks, before: number, count: number): LoadHooks {
  return { ...hooks, onLoadProgress: (fraction) => hooks.onLoadProgress?.((before + fraction) / count) };
}

async function loadFile(file: ModelFile, settings: Settings, hooks: LoadHooks): Promise<Model> {
  const prompts = await openPromptFiles(
    { folder: settings.promptCache, maxBytes: settings.promptCacheSize },
    process.availableMemory(),
  );
  try {
    const model = await loadWith(prompts, file, settings, hooks);
    const dispose = async (): Promise<void> => {
      await model.dispose();
      await prompts.scratch.dispose();
    };
    return { ...model, dispose };
  } catch (error) {
    await prompts.scratch.dispose();
    throw error;
  }
}

async function loadWith(prompts: PromptFiles, file: ModelFile, settings: Settings, hooks: LoadHooks): Promise<Model> {
  const { log, onLoadProgress } = hooks;
  const engine = await loadEngine({
    path: file.path,
    format: file.format,
    dtype: settings.dtype,
    scratchFolder: prompts.scratch.path,
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
  const limits = { maxQueue: settings.maxQueue, maxQueueWaitMs: settings.maxQueueWait * 1000 };
  const { format, device, tokenizer } = engine;
  const known = { id: file.id, format, device, tasks: [engine.task], created: Math.floor(Date.now() / 1000) };
  if (engine.task === 'generate') return joinGenerator(engine, known, prompts, settings, log);
  if (engine.task === 'embed') {
    const { embedder } = engine;
    const { contextSize, lanes: slots, dimensions } = embedder;
    return createEmbeddingModel({ info: { ...known, contextSize, slots, dimensions }, tokenizer, embedder, limits });
  }
  if (engine.task === 'classify') {
    const { classifier } = engine;
    const { contextSize, lanes: slots, labels } = classifier;
    return createClassificationModel({ info: { ...known, contextSize, slots, labels }, tokenizer, classifier, limits });
  }
  const { ranker } = engine;
  const { contextSize, lanes: slots } = ranker;
  return createRankingModel({ info: { ...known, contextSize, slots }, tokenizer, ranker, limits });
}

async function joinGenerator(
  { stepper, tokenizer, weights, states, memory, chatTemplate, checkGrammar }: GeneratorEngine,
  known: Omit<ModelInfo, 'contextSize' | 'slots'>,
  prompts: PromptFiles,
  settings: Settings,
  log: Logger,
): Promise<Model> {
  let promptCache;
  try {
    promptCache = states && (await prompts.open(weights, states, (message, err) => log.warn({ err }, message)));
  } catch (error) {
    await stepper.dispose();
    throw error;
  }
  const { temperature, topP, topK, minP, repetitionPenalty, seed, maxQueue } = settings;
  const scheduler = new Scheduler(stepper, {
    maxQueue,
    maxQueueWaitMs: settings.maxQueueWait * 1000,
    stepBudgetMs: settings.stepBudget,
    endTokens: tokenizer.special.eog,
    prefixReuse: settings.prefixReuse === 'on',
    promptCache,
  });
  return createModel({
    info: { ...known, contextSize: stepper.contextSize, slots: stepper.slots, ...(memory && { memory }) },
    tokenizer,
    renderPrompt: createRenderPrompt(chatTemplate, tokenizer),
    chatTemplate,
    chatFormat: chatFormatOf(chatTemplate),
    grammars: new OutputGrammars(checkGrammar),
    scheduler,
    defaults: {
      maxTokens: settings.maxTokens,
      sampling: { temperature, topP, topK, minP, repetitionPenalty, seed },
    },
    maxQueue,
  });
}

/** What the server and the router are made of. */
export function routerOptions(settings: Settings, models: Registry, log: Logger): RouterOptions {
  const { unknownFields, messagesKey, stringPrompt } = settings;
  return {
    dialects: dialects.map((create) => create({ unknownFields, messagesKey, stringPrompt })),
    services: {
      models,
      responses: new ResponseStore({
        maxCount: settings.storedResponses,
        maxBytes: settings.storedResponsesSize,
      }),
    },
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
