import { Counter, Gauge, type Metric } from 'prom-client';
import type { Models, ModelStats } from '../contract/model.ts';

/** A model's value of a metric. */
type Read = (stats: ModelStats) => number;

const totals: readonly [string, string, Read][] = [
  ['prompt_tokens_total', 'Prompt tokens of completions that got a slot', (stats) => stats.promptTokens],
  ['prompt_tokens_read_total', 'Prompt tokens computed', (stats) => stats.promptTokensRead],
  ['prompt_tokens_cached_total', 'Prompt tokens found in a slot and not computed', (stats) => stats.promptTokensCached],
  [
    'prompt_tokens_unique_total',
    'Prompt tokens that no earlier prompt had after the same beginning',
    (stats) => stats.promptTokensUnique,
  ],
  ['completion_tokens_total', 'Tokens sampled', (stats) => stats.completionTokens],
  ['completions_admitted_total', 'Completions that got a slot', (stats) => stats.admitted],
  ['steps_total', 'Steps of the model', (stats) => stats.steps],
  ['step_seconds_total', 'Seconds that the steps took', (stats) => stats.stepMs / 1000],
];

const levels: readonly [string, string, Read][] = [
  ['slots', 'Completions that can be decoded together', (stats) => stats.slots],
  ['slots_busy', 'Slots at work', (stats) => stats.slotsBusy],
  ['queue_length', 'Completions that wait for a slot', (stats) => stats.queued],
];

/**
 * Metrics that are read from the models' own counters at every scrape.
 * @param models there may be none yet; one without counters has its `hearth_model_info` alone
 */
export function modelMetrics(models: Models): Metric[] {
  const each = (read: (stats: ModelStats, model: string) => void): void => {
    for (const { id } of models.list()) {
      const stats = models.resolve(id).stats?.();
      if (stats !== undefined) read(stats, id);
    }
  };
  const common = { labelNames: ['model'], registers: [] };
  return [
    ...totals.map(
      ([name, help, value]) =>
        new Counter({
          ...common,
          name: `hearth_${name}`,
          help,
          collect() {
            this.reset();
            each((stats, model) => this.inc({ model }, value(stats)));
          },
        }),
    ),
    ...levels.map(
      ([name, help, value]) =>
        new Gauge({
          ...common,
          name: `hearth_${name}`,
          help,
          collect() {
            this.reset();
            each((stats, model) => this.set({ model }, value(stats)));
          },
        }),
    ),
    new Counter({
      name: 'hearth_completions_ended_total',
      help: 'Completions by their end; left is a stop string, a client that left or a timeout',
      labelNames: ['model', 'outcome'],
      registers: [],
      collect() {
        this.reset();
        each((stats, model) => {
          for (const [outcome, count] of Object.entries(stats.outcomes)) this.inc({ model, outcome }, count);
        });
      },
    }),
    new Gauge({
      name: 'hearth_model_info',
      help: 'The models that are loaded, each 1',
      labelNames: ['model', 'format', 'device'],
      registers: [],
      collect() {
        this.reset();
        for (const { id: model, format, device } of models.list()) this.set({ model, format, device }, 1);
      },
    }),
  ];
}
