import type { Exchange, LoadResult } from './load.ts';
import { percentiles } from './percentiles.ts';
import type { PromptReads } from './prompt-reads.ts';

/** One level of a benchmark. Times in milliseconds; null where nothing was measured or the target doesn't tell. */
export interface LevelSummary {
  clients: number;
  /** The window in which tokens are counted. */
  seconds: number;
  /** Requests that were sent, failed ones included. */
  requests: number;
  errors: number;
  /** Completion tokens that arrived inside the window, by second. */
  outputTokensPerSecond: number;
  /** Prompt tokens, cached ones included, of the requests whose first token came inside the window, by second. */
  promptTokensPerSecond: number | null;
  /** From sending a request to its first token. */
  firstTokenMs: { p50: number | null; p95: number | null; p99: number | null };
  /** Between the streamed pieces of an answer, a token each as a rule. */
  betweenTokensMs: { p50: number | null; p95: number | null };
  /** From sending a request to the end of its answer. */
  totalMs: { p50: number | null; p95: number | null };
  /** Over all answers, also those that came after the window. */
  promptTokens: number | null;
  cachedTokens: number | null;
  completionTokens: number;
  /** Prompt tokens that the model computed, and those that it would have to with a perfect cache. */
  promptTokensRead: number | null;
  promptTokensUnique: number | null;
}

/** @param reads what the target counted during the load */
export function summarize(load: LoadResult, reads?: PromptReads): LevelSummary {
  const { clients, windowMs, exchanges, failures } = load;
  const answers = exchanges.map(({ answer }) => answer);
  const seconds = windowMs / 1000;
  const rate = (tokens: number): number => (seconds > 0 ? tokens / seconds : 0);
  const begun = exchanges.filter(({ startMs, answer }) => startMs + answer.firstTokenMs <= windowMs);
  const promptTokens = total(answers.map((answer) => answer.promptTokens));
  const promptTokensBegun = sum(begun.map(({ answer }) => answer.promptTokens ?? 0));
  const first = spread(answers.map(({ firstTokenMs }) => firstTokenMs));
  const between = spread(answers.flatMap(({ pieceMs }) => gaps(pieceMs)));
  const whole = spread(answers.map(({ totalMs }) => totalMs));
  return {
    clients,
    seconds,
    requests: exchanges.length + failures.length,
    errors: failures.length,
    outputTokensPerSecond: rate(sum(exchanges.map((exchange) => tokensWithin(exchange, windowMs)))),
    promptTokensPerSecond: promptTokens === null ? null : rate(promptTokensBegun),
    firstTokenMs: first,
    betweenTokensMs: { p50: between.p50, p95: between.p95 },
    totalMs: { p50: whole.p50, p95: whole.p95 },
    promptTokens,
    cachedTokens: total(answers.map((answer) => answer.cachedTokens)),
    completionTokens: sum(answers.map(({ completionTokens }) => completionTokens)),
    promptTokensRead: reads?.read ?? null,
    promptTokensUnique: reads?.unique ?? null,
  };
}

/** Every piece counts for as many tokens: text that is held back to complete a character makes them fewer than tokens. */
function tokensWithin({ startMs, answer }: Exchange, windowMs: number): number {
  const { pieceMs, completionTokens } = answer;
  const arrived = pieceMs.filter((ms) => startMs + ms <= windowMs).length;
  return pieceMs.length === 0 ? 0 : (completionTokens * arrived) / pieceMs.length;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

function spread(values: readonly number[]): { p50: number | null; p95: number | null; p99: number | null } {
  const [p50 = null, p95 = null, p99 = null] = percentiles(values, [0.5, 0.95, 0.99]);
  return { p50, p95, p99 };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** The sum; null where a value is not known, or there is none. */
function total(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? sum(known) : null;
}
