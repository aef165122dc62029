import type { Model } from '../contract/model.ts';
import { HttpClient } from './http-client.ts';

/** Prompt tokens since the start: those that a model computed, and those that it would have to with a perfect cache. */
export interface PromptReads {
  read: number;
  unique: number;
}

/** Where the counters are asked for; undefined where there are none. */
export type PromptReadsSource = () => Promise<PromptReads | undefined>;

const answersWithinMs = 5000;

/** The counters in the `/metrics` of the server behind a URL (Prometheus' text format); labels are added up. */
export function serverReads(url: URL, apiKey: string | undefined): PromptReadsSource {
  const metrics = new URL('/metrics', url);
  return async () => {
    const client = new HttpClient(url.protocol === 'https:', apiKey);
    try {
      const text = await client.get(metrics, AbortSignal.timeout(answersWithinMs));
      const read = counter(text, 'hearth_prompt_tokens_read_total');
      const unique = counter(text, 'hearth_prompt_tokens_unique_total');
      return read === undefined || unique === undefined ? undefined : { read, unique };
    } catch {
      // A server without metrics is benchmarked without them.
      return undefined;
    } finally {
      client.close();
    }
  };
}

function counter(metrics: string, name: string): number | undefined {
  const values = [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'))].map(([, value]) =>
    Number(value),
  );
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** The counters of a model in this process, where it has any. */
export function modelReads(model: Pick<Model, 'stats'>): PromptReadsSource {
  return async () => {
    const stats = model.stats?.();
    return stats && { read: stats.promptTokensRead, unique: stats.promptTokensUnique };
  };
}

/** What was added between two looks at the counters; undefined where one of them found none, or the server was restarted. */
export function readsBetween(before: PromptReads | undefined, after: PromptReads | undefined): PromptReads | undefined {
  if (before === undefined || after === undefined || after.read < before.read) return undefined;
  return { read: after.read - before.read, unique: after.unique - before.unique };
}
