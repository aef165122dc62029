import { freemem } from 'node:os';
import { chatTemplateOf } from './compose/chat-template.ts';
import type { LoadHooks } from './compose/hooks.ts';
import { loadServed } from './compose/load-model.ts';
import { withLocalModels } from './compose/local-models.ts';
import { modelPuller } from './compose/puller.ts';
import { modelSource, type SharedMemory } from './compose/model-source.ts';
import { servedModels, type ServedModel } from './config/served-models.ts';
import type { Settings } from './config/settings.ts';
import { UsageError } from './config/usage-error.ts';
import type { ModelStatus } from './contract/model-host.ts';
import type { Model, ModelInfo } from './contract/model.ts';
import { dialects } from './dialects/index.ts';
import { budgetOf, freeMemory } from './engines/index.ts';
import type { RouterOptions } from './http/app.ts';
import { createHttpServer } from './http/server.ts';
import { ResponseStore } from './response-store/response-store.ts';
import { Registry } from './runtime/registry.ts';
import type { Logger } from './telemetry/log.ts';

export type { LoadHooks } from './compose/hooks.ts';
export { withLocalModels } from './compose/local-models.ts';

/** A server that takes requests. */
export interface Served {
  url: string;
  /** The models that were loaded at start, in the order of the settings. */
  models: readonly ModelInfo[];
  /** All models, in the same order, as they stood then. */
  statuses: readonly ModelStatus[];
  /** Takes no new work, lets running work finish up to the drain timeout, unloads. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves when the server is closed; rejects when it closed because its only model failed for good. */
  closed: Promise<void>;
}

/**
 * Serves the models of the settings, and loads those that are to be loaded at start. The port is taken first and answers 503
 * until all of them are there.
 * @throws UsageError, InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device), as
 * `withLocalModels`, or the socket's own error
 */
export async function serve(given: Settings, hooks: LoadHooks): Promise<Served> {
  const settings = await withLocalModels(given, hooks);
  const served = servedModels(settings);
  for (const one of served) chatTemplateOf(one.settings);
  const { log } = hooks;

  let ended = (): void => {};
  let failed = (_error: Error): void => {};
  const closed = new Promise<void>((resolve, reject) => {
    ended = resolve;
    failed = reject;
  });
  // Whoever started the server may not be waiting for its end.
  closed.catch(() => {});

  const shared = sharedMemory(settings, served.length);
  const models = new Registry({
    budget: shared?.budget,
    maxWaiting: settings.maxQueue,
    puller: modelPuller(settings, shared, hooks),
    onFailed: (id, error) => {
      // A supervisor can only restart what ends; beside others a model is loaded again by the next request.
      const level = served.length === 1 ? 'fatal' : 'error';
      log[level]({ err: error.cause, model: id }, error.message);
      if (served.length === 1) failed(error);
    },
  });
  const server = createHttpServer(routerOptions(settings, models, log));
  const url = await server.listen(settings.host, settings.port);
  const end = async (): Promise<void> => {
    await server.drain();
    await models.dispose();
  };
  try {
    await loadAtStart(models, served, shared, hooks);
  } catch (error) {
    await end();
    throw error;
  }
  server.ready();

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end().then(ended));
  return { url, models: models.loaded().map(({ info }) => info), statuses: models.list(), close, closed };
}

/** Adds all models, and loads those that are to be there from the start: by default one that is alone. */
async function loadAtStart(
  models: Registry,
  served: readonly ServedModel[],
  shared: SharedMemory | undefined,
  hooks: LoadHooks,
): Promise<void> {
  const first = served.filter(({ settings }) => settings.preload ?? served.length === 1);
  const { signal } = new AbortController();
  let started = false;
  for (const one of served) {
    const onLoadProgress = (fraction: number): void => {
      const before = first.indexOf(one);
      // What is loaded of one of several is its part of all; later loads are nobody's progress.
      if (before >= 0 && !started) hooks.onLoadProgress?.((before + fraction) / first.length);
    };
    models.add(await modelSource(one, shared, { ...hooks, onLoadProgress }));
  }
  for (const { file } of first) await models.load(file.id, signal);
  started = true;
}

/** The memory that models share; undefined for one that is alone and not limited. */
function sharedMemory({ memoryBudget }: Settings, count: number): SharedMemory | undefined {
  if (memoryBudget === undefined && count === 1) return undefined;
  return { budget: memoryBudget ?? budgetOf(freeMemory(freemem(), 0).bytes), count };
}

/**
 * Loads the one model that the settings name into this process.
 * @throws UsageError for several, InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device)
 */
export async function loadModel(given: Settings, hooks: LoadHooks): Promise<Model> {
  const settings = await withLocalModels(given, hooks);
  const [served, ...others] = servedModels(settings);
  if (served === undefined || others.length > 0) {
    throw new UsageError(`loadModel loads one model, but ${others.length + 1} are named; call it for each.`);
  }
  return loadServed(served, hooks);
}

/** What the routes of all dialects need. */
export function routerOptions(settings: Settings, host: Registry, log: Logger): RouterOptions {
  const { unknownFields, messagesKey, stringPrompt } = settings;
  return {
    dialects: dialects.map((create) => create({ unknownFields, messagesKey, stringPrompt })),
    services: {
      host,
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
