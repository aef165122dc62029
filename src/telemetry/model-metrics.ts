import { Counter, Gauge, type Metric } from 'prom-client';
import type { InputStats, Model, ModelStats } from '../contract/model.ts';
import { modelStates, type ModelHost } from '../contract/model-host.ts';

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
export function modelMetrics(models: ModelHost): Metric[] {
  /** Goes through the models that have such counters. */
  const each = <Stats>(
    statsOf: (model: Model) => Stats | undefined,
    take: (stats: Stats, model: string) => void,
  ): void => {
    for (const model of models.loaded()) {
      const stats = statsOf(model);
      if (stats !== undefined) take(stats, model.info.id);
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
        for (const { info } of models.loaded()) {
          this.set({ model: info.id, format: info.format, device: info.device }, 1);
        }
      },
    }),
    new Gauge({
      name: 'hearth_model_state',
      help: 'Where each model of the server stands: 1 at its state, 0 at the others',
      labelNames: ['model', 'state'],
      registers: [],
      collect() {
        this.reset();
        for (const { id: model, state: current } of models.list()) {
          for (const state of modelStates) this.set({ model, state }, state === current ? 1 : 0);
        }
      },
    }),
    new Gauge({
      name: 'hearth_model_memory_bytes',
      help: 'Bytes that each loaded model takes, as it counts for the budget',
      labelNames: ['model'],
      registers: [],
      collect() {
        this.reset();
        for (const { id: model, state, bytes } of models.list()) {
          if (state === 'ready' && bytes !== undefined) this.set({ model }, bytes);
        }
      },
    }),
    new Gauge({
      name: 'hearth_model_waiting',
      help: 'Requests that wait for a model to be loaded',
      labelNames: ['model'],
      registers: [],
      collect() {
        this.reset();
        for (const { id: model, waiting } of models.list()) this.set({ model }, waiting);
      },
    }),
    new Gauge({
      name: 'hearth_memory_budget_bytes',
      help: 'Bytes that all loaded models together may take; absent where nothing limits them',
      registers: [],
      collect() {
        const { budget } = models.memory();
        this.reset();
        if (budget === undefined) this.remove();
        else this.set(budget);
      },
    }),
  ];
}
