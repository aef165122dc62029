import { memoryUsage } from 'node:process';
import type { ServedModel } from '../config/served-models.ts';
import type { Task } from '../contract/model.ts';
import { inspectModel, type Inspection } from '../engines/index.ts';
import type { LoadedModel, ModelSource } from '../runtime/place.ts';
import type { Logger } from '../telemetry/log.ts';
import type { LoadHooks } from './hooks.ts';
import { loadServed } from './load-model.ts';

/** Contexts of a model take at least this share of what its weights leave, however many models there are. */
const LEAST_SHARE = 1 / 8;

/** The memory that models share. */
export interface SharedMemory {
  /** Bytes that all of them together may take. */
  budget: number;
  /** How many there are. */
  count: number;
}

/**
 * A model that the registry can load. Its files are looked at first, for what it can do and what it takes. One that cannot be
 * read is told in the log; it fails when it is asked for.
 * @param shared undefined where nothing limits it, so that it plans its memory by itself when it is loaded
 */
export async function modelSource(
  served: ServedModel,
  shared: SharedMemory | undefined,
  hooks: LoadHooks,
): Promise<ModelSource> {
  const { file, settings } = served;
  const { log } = hooks;
  const found = await inspect(served, shared, log);
  const planned: ServedModel =
    shared === undefined
      ? served
      : {
          ...served,
          settings: {
            ...settings,
            contextSize: found?.contextSize ?? settings.contextSize,
            parallel: found?.slots ?? settings.parallel,
          },
        };
  const tasks: readonly Task[] = found === undefined ? [] : [found.task];
  const { idleUnload } = settings;
  return {
    id: file.id,
    format: file.format,
    tasks,
    bytes: found?.bytes,
    idleUnloadMs: idleUnload === undefined ? Infinity : idleUnload * 1000,
    load: (onProgress) => {
      const onLoadProgress = (fraction: number): void => {
        onProgress(fraction);
        hooks.onLoadProgress?.(fraction);
      };
      return load(planned, found?.bytes, { log, onLoadProgress });
    },
  };
}

async function inspect(
  { file, settings }: ServedModel,
  shared: SharedMemory | undefined,
  log: Logger,
): Promise<Inspection | undefined> {
  const { device, dtype, contextSize, parallel: slots, batchSize, kvCacheType, flashAttention } = settings;
  const wish = { device, dtype, contextSize, slots, batchSize, kvCacheType, flashAttention };
  const memory = shared?.budget ?? Infinity;
  const share = Math.max(LEAST_SHARE, 1 / ((shared?.count ?? 1) + 1));
  try {
    return await inspectModel({ path: file.path, format: file.format, ...wish, memory, share });
  } catch (error) {
    log.warn({ model: file.id, err: error }, 'the files of a model cannot be read');
    return undefined;
  }
}

/** @param expected bytes that it was expected to take */
async function load(served: ServedModel, expected: number | undefined, hooks: LoadHooks): Promise<LoadedModel> {
  const { log } = hooks;
  const { id } = served.file;
  const before = memoryUsage.rss();
  const began = performance.now();
  try {
    const model = await loadServed(served, hooks);
    const measuredBytes = Math.max(0, memoryUsage.rss() - before);
    const { memory } = model.info;
    // Where the engine plans no memory, what was measured is the best that is known.
    const bytes =
      memory === undefined ? Math.max(expected ?? 0, measuredBytes) : memory.modelBytes + memory.contextBytes;
    log.info({ model: id, ms: Math.round(performance.now() - began), bytes, measuredBytes }, 'loaded a model');
    const dispose = async (): Promise<void> => {
      await model.dispose();
      log.info({ model: id }, 'unloaded a model');
    };
    return { model: { ...model, dispose }, bytes, measuredBytes };
  } catch (error) {
    log.error({ model: id, err: error }, 'a model could not be loaded');
    throw error;
  }
}
