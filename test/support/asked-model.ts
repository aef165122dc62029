import assert from 'node:assert/strict';
import { modelTarget } from '../../src/bench/model-target.ts';
import type { Answer } from '../../src/bench/target.ts';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { ModelStats } from '../../src/contract/model.ts';
import { createLogger } from '../../src/telemetry/log.ts';

/** A model in this process. */
export interface AskedModel {
  /** Has it go on with a prompt, greedily and past any end of the text. */
  ask(prompt: string, maxTokens?: number, signal?: AbortSignal): Promise<Answer>;
  stats(): ModelStats;
}

/** Has somebody work with a model, which is unloaded afterwards. One thread, so that times say something on a busy machine. */
export async function withModel<T>(settings: Partial<Settings>, work: (model: AskedModel) => Promise<T>): Promise<T> {
  const all = defaultSettings({ contextSize: 1024, device: 'cpu', threads: 1, ...settings });
  const model = await loadModel(all, { log: createLogger({ level: 'silent', format: 'json' }) });
  const target = modelTarget(model);
  try {
    return await work({
      ask: (prompt, maxTokens = 4, signal) => target.ask({ prompt, maxTokens, ignoreEos: true }, signal),
      stats: () => model.stats?.() ?? assert.fail(),
    });
  } finally {
    await model.dispose();
  }
}

/** About `tokens` tokens; `name` tells texts apart from their first word on. */
export function textOf(name: string, tokens: number): string {
  return Array.from({ length: Math.ceil(tokens / 5) }, (_, index) => `${name} likes number${index % 10}`).join('\n');
}
