import { Counter, Gauge, type Metric } from 'prom-client';
import type { InputStats, Model, Models, ModelStats } from '../contract/model.ts';

/** A metric's name and meaning, and a model's value of it. */
type Row<Stats> = readonly [name: string, help: string, read: (stats: Stats) => number];

const totals: readonly Row<ModelStats>[] = [
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

const inputTotals: readonly Row<InputStats>[] = [
  ['inputs_total', 'Inputs that became vectors or scores', (stats) => stats.inputs],
  ['input_tokens_total', 'Tokens of these inputs', (stats) => stats.tokens],
];

const levels: readonly Row<ModelStats | InputStats>[] = [
  ['slots', 'Completions that can be decoded, or inputs computed, together', (stats) => stats.slots],
  ['slots_busy', 'Slots at work', (stats) => stats.slotsBusy],
  ['queue_length', 'Completions or inputs that wait for a slot', (stats) => stats.queued],
];

const completions = (model: Model): ModelStats | undefined => model.stats?.();
const inputs = (model: Model): InputStats | undefined => model.inputStats?.();

/**
 * Metrics that are read from the models' own counters at every scrape.
 * @param models there may be none yet; one without counters has its `hearth_model_info` alone
 */
export function modelMetrics(models: Models): Metric[] {
  /** Goes through the models that have such counters. */
  const each = <Stats>(
    statsOf: (model: Model) => Stats | undefined,
    take: (stats: Stats, model: string) => void,
  ): void => {
    for (const { id } of models.list()) {
      const stats = statsOf(models.resolve(id));
      if (stats !== undefined) take(stats, id);
    }
  };
  const common = { labelNames: ['model'], registers: [] };
  const counter = <Stats>([name, help, read]: Row<Stats>, statsOf: (model: Model) => Stats | undefined): Metric =>
    new Counter({
      ...common,
      name: `hearth_${name}`,
      help,
      collect() {
        this.reset();
        each(statsOf, (stats, model) => this.inc({ model }, read(stats)));
      },
    });
  return [
    ...totals.map((row) => counter(row, completions)),
    ...inputTotals.map((row) => counter(row, inputs)),
    ...levels.map(
      ([name, help, read]) =>
        new Gauge({
          ...common,
          name: `hearth_${name}`,
          help,
          collect() {
            this.reset();
            each<ModelStats | InputStats>(
              (model) => completions(model) ?? inputs(model),
              (stats, model) => this.set({ model }, read(stats)),
            );
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
        each(completions, (stats, model) => {
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
