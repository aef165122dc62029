import type { LocalModel } from '../contract/local-model.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { createLocalModel } from './local-model.ts';
import { loadNames, settingsFrom, type LoadModelOptions } from './options.ts';

/**
 * Loads a model into this process.
 * @param name anything that `hearth serve --model` takes; the embedded model unless given
 * @throws UsageError for a wrong option; InferenceError model_not_found, model_failed, insufficient_memory, invalid_request (device)
 */
export async function loadModel(name?: string, options: LoadModelOptions = {}): Promise<LocalModel> {
  const { log, onProgress, ...rest } = options;
  const settings = settingsFrom({ ...rest }, loadNames);
  const model = name === undefined ? [] : [name];
  // Whoever only imports the library doesn't wait for the server's parts.
  const { loadModel: load } = await import('../compose.ts');
  const hooks = { log: log ?? silent(), ...(onProgress && { onLoadProgress: onProgress }) };
  return createLocalModel(await load({ ...settings, model }, hooks));
}

/** The log of who asked for none. */
export function silent(): Logger {
  return createLogger({ level: 'silent', format: 'json' });
}
