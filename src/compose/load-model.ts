import type { LoadHooks } from './hooks.ts';
import { withoutEffect, type ServedModel } from '../config/served-models.ts';
import type { Model, ModelInfo } from '../contract/model.ts';
import { loadEngine, type GeneratorEngine } from '../engines/index.ts';
import { openPromptFiles, type PromptFiles } from '../prompt-cache/index.ts';
import { chatFormatOf } from '../runtime/chat-format.ts';
import { createClassificationModel } from '../runtime/classification.ts';
import { createEmbeddingModel } from '../runtime/embedding.ts';
import { OutputGrammars } from '../runtime/output-grammars.ts';
import { createRenderPrompt } from '../runtime/prompt.ts';
import { createRankingModel } from '../runtime/ranking.ts';
import { createModel } from '../runtime/runtime.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import type { Logger } from '../telemetry/log.ts';
import { chatTemplateOf } from './chat-template.ts';

/**
 * Loads a model into this process.
 * @throws InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device)
 */
export async function loadServed(served: ServedModel, hooks: LoadHooks): Promise<Model> {
  const { settings } = served;
  const prompts = await openPromptFiles(
    { folder: settings.promptCache, maxBytes: settings.promptCacheSize },
    process.availableMemory(),
  );
  try {
    const model = await loadWith(prompts, served, hooks);
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

async function loadWith(prompts: PromptFiles, served: ServedModel, hooks: LoadHooks): Promise<Model> {
  const { file, settings, lora } = served;
  const { log, onLoadProgress } = hooks;
  const ignored = withoutEffect(served);
  if (ignored !== undefined) log.warn({ model: file.id }, ignored);
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
    lora,
    kvCacheType: settings.kvCacheType,
    flashAttention: settings.flashAttention,
    onProgress: onLoadProgress,
    // What matters of it comes as an error with a sentence of ours; the rest is for whoever looks for a cause.
    onLog: (level, message) => log.debug({ engine: level }, message),
  });
  const limits = { maxQueue: settings.maxQueue, maxQueueWaitMs: settings.maxQueueWait * 1000 };
  const { format, device, tokenizer } = engine;
  const known = { id: file.id, format, device, tasks: [engine.task], created: Math.floor(Date.now() / 1000) };
  if (engine.task === 'generate') return joinGenerator(engine, known, prompts, served, log);
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
  engine: GeneratorEngine,
  known: Omit<ModelInfo, 'contextSize' | 'slots'>,
  prompts: PromptFiles,
  { settings }: ServedModel,
  log: Logger,
): Promise<Model> {
  const { stepper, tokenizer, states, memory, checkGrammar } = engine;
  const chatTemplate = chatTemplateOf(settings) ?? engine.chatTemplate;
  let promptCache;
  try {
    promptCache = states && (await prompts.open(engine.weights, states, (message, err) => log.warn({ err }, message)));
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
