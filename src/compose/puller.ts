import { setTimeout as sleep } from 'node:timers/promises';
import { fileAt } from '../config/model-path.ts';
import type { Settings } from '../config/settings.ts';
import { InferenceError } from '../contract/errors.ts';
import type { PullEvent } from '../contract/model-host.ts';
import { isModelName, parseModelName, type LocalModel } from '../hub/index.ts';
import type { Puller } from '../runtime/registry.ts';
import type { LoadHooks } from './hooks.ts';
import { fetchedDtype, fetchModel, pullOptions } from './local-models.ts';
import { modelSource, type SharedMemory } from './model-source.ts';

/** Progress is told no more often. */
const PAUSE_MS = 200;

/** Fetches models for a server that runs; they are served under the names that they were asked for by. */
export function modelPuller(settings: Settings, shared: SharedMemory | undefined, hooks: LoadHooks): Puller {
  return {
    async *pull(name, signal) {
      if (!isModelName(name)) {
        const message = `model is ${name}, which is no name on a hub; write it like hf:owner/repo:Q4_K_M.`;
        throw new InferenceError('invalid_request', message, { param: 'model' });
      }
      const options = pullOptions(settings, hooks);
      if (parseModelName(name, options.settings).kind === 'url') {
        // Clients must not make the server ask addresses that only it can reach.
        const message = `model is ${name}, and clients cannot have this server fetch files from anywhere; name a repository.`;
        throw new InferenceError('forbidden', message, { param: 'model' });
      }
      let told: PullEvent | undefined;
      const local = yield* watch(
        fetchModel(name, settings.dtype, {
          ...options,
          signal,
          // Nobody is there to be asked.
          confirm: settings.yes ? options.confirm : undefined,
          onProgress: ({ file, done, total }) => (told = { file, doneBytes: done, totalBytes: total }),
        }),
        () => told,
      );
      const dtype = fetchedDtype(local) ?? settings.dtype;
      const own = { ...settings, models: [], dtype };
      return modelSource({ file: fileAt(local.path, name), settings: own, lora: [] }, shared, hooks);
    },
  };
}

/** What was told last, now and then, until the work is done. @returns the work's result */
async function* watch(
  work: Promise<LocalModel>,
  last: () => PullEvent | undefined,
): AsyncGenerator<PullEvent, LocalModel, void> {
  const ended = work.then(
    () => true,
    () => true,
  );
  let before: PullEvent | undefined;
  for (;;) {
    const done = await Promise.race([ended, sleep(PAUSE_MS, false)]);
    const event = last();
    if (event !== undefined && event !== before) yield event;
    before = event;
    if (done) return work;
  }
}
