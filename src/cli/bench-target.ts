import { modelTarget } from '../bench/model-target.ts';
import { openaiTarget } from '../bench/openai-target.ts';
import { postApiTarget } from '../bench/post-api-target.ts';
import { modelReads, serverReads, type PromptReadsSource } from '../bench/prompt-reads.ts';
import type { Target } from '../bench/target.ts';
import type { loadModel } from '../compose.ts';
import type { BenchSettings } from '../config/bench-settings.ts';
import type { Settings } from '../config/settings.ts';
import type { ModelInfo } from '../contract/model.ts';
import type { Logger } from '../telemetry/log.ts';
import { progressBar } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A server, or a model that is still to be loaded. */
export type ToMeasure =
  | { kind: 'openai' | 'post-api'; url: URL }
  | { kind: 'model'; settings: Settings; log: Logger; loadModel: typeof loadModel };

export interface Opened {
  target: Target;
  reads: PromptReadsSource;
  about: { kind: ToMeasure['kind']; name: string; model: ModelInfo | undefined };
  close(): Promise<void>;
}

/** Opens what is measured, which for a model means to load it. @throws what loading throws */
export async function openMeasured(measured: ToMeasure, bench: BenchSettings, terminal: Terminal): Promise<Opened> {
  if (measured.kind === 'model') return await openModel(measured, bench, terminal);
  const { kind, url } = measured;
  const { apiKey, servedModel } = bench;
  const target = kind === 'openai' ? openaiTarget({ url, apiKey, model: servedModel }) : postApiTarget({ url, apiKey });
  const about = { kind, name: target.name, model: undefined };
  return { target, reads: serverReads(url, apiKey), about, close: () => target.close() };
}

async function openModel(
  { settings, log, loadModel: load }: Extract<ToMeasure, { kind: 'model' }>,
  { clients }: BenchSettings,
  terminal: Terminal,
): Promise<Opened> {
  const progress = progressBar('Loading', terminal);
  // Clients that wait for a slot are part of what is measured.
  const maxQueue = Math.max(settings.maxQueue, ...clients);
  const hooks = { log, onLoadProgress: (fraction: number) => progress.update(fraction) };
  const model = await load({ ...settings, maxQueue }, hooks).finally(() => progress.stop());
  const target = modelTarget(model);
  const about = { kind: 'model' as const, name: target.name, model: model.info };
  return { target, reads: modelReads(model), about, close: () => model.dispose() };
}
