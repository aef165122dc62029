import { Counter, Histogram, Registry } from 'prom-client';
import type { ModelHost } from '../contract/model-host.ts';
import { modelMetrics } from './model-metrics.ts';
import { processMetrics } from './process-metrics.ts';

/** A request that is over; what it never came to is undefined. */
export interface RequestOutcome {
  /** The route's pattern, never the path: a client must not be able to make labels. */
  route: string | undefined;
  status: number;
  model: string | undefined;
  totalMs: number;
  /** Milliseconds until it had a slot. */
  queueMs: number | undefined;
  /** Milliseconds from its submission to the model until the first token. */
  firstTokenMs: number | undefined;
  /** Mean milliseconds between two tokens of one completion. */
  tokenMs: number | undefined;
}

/** The metrics of one server. */
export interface Metrics {
  readonly contentType: string;
  observe(outcome: RequestOutcome): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
}

const requestBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const waitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const tokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Metrics in a registry of their own, so that several servers fit into one process.
 * @param models whose counters are read at every scrape; there may be none yet
 */
export function createMetrics(models: ModelHost): Metrics {
  const registry = new Registry();
  const registers = [registry];
  for (const metric of modelMetrics(models)) registry.registerMetric(metric);

  const requests = new Counter({
    name: 'hearth_requests_total',
    help: 'Requests answered, by route and status; 499 is a client that left',
    labelNames: ['route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'hearth_request_duration_seconds',
    help: 'Time from a request to the end of its reply',
    labelNames: ['route', 'status'],
    buckets: requestBuckets,
    registers,
  });
  const perModel = (name: string, help: string, buckets: number[]): Histogram<'model'> =>
    new Histogram({ name: `hearth_${name}`, help, labelNames: ['model'], buckets, registers });
  const queue = perModel('queue_seconds', 'Time until a request had a slot', waitBuckets);
  const firstToken = perModel('time_to_first_token_seconds', 'Time until the first token, queue included', waitBuckets);
  const token = perModel('inter_token_seconds', 'Mean time between two tokens of a completion', tokenBuckets);

  return {
    contentType: registry.contentType,
    observe({ route = 'other', status, model, totalMs, queueMs, firstTokenMs, tokenMs }) {
      const labels = { route, status };
      requests.inc(labels);
      duration.observe(labels, totalMs / 1000);
      if (model === undefined) return;
      if (queueMs !== undefined) queue.observe({ model }, queueMs / 1000);
      if (firstTokenMs !== undefined) firstToken.observe({ model }, firstTokenMs / 1000);
      if (tokenMs !== undefined) token.observe({ model }, tokenMs / 1000);
    },
    text: async () => `${await registry.metrics()}\n${await processMetrics().metrics()}`,
  };
}
