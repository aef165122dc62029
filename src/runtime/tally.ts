import type { Share, Timings, Usage } from '../contract/generate.ts';
import type { CompletionEvent } from './completion.ts';

interface Count {
  promptTokens: number;
  started: { queueMs: number; cachedTokens: number } | undefined;
  firstTokenMs: number | undefined;
  completionTokens: number;
  reasoningTokens: number;
  /** Of tokens that no event has told yet. */
  ids: number[];
}

/** Counts what the completions of one request take. Milliseconds are since the request came. */
export class Tally {
  private readonly counts: Count[];
  private readonly n: number;
  private readonly began: number;
  private begun: { queueMs: number } | undefined;
  completionTokens = 0;

  /**
   * @param promptTokens of each completion
   * @param n completions of each prompt
   * @param began performance.now() when the request came
   */
  constructor(promptTokens: readonly number[], n: number, began: number) {
    this.n = n;
    this.began = began;
    this.counts = promptTokens.map((tokens) => ({
      promptTokens: tokens,
      started: undefined,
      firstTokenMs: undefined,
      completionTokens: 0,
      reasoningTokens: 0,
      ids: [],
    }));
  }

  /** Tokens of all prompts, each counted once. */
  get promptTokens(): number {
    return this.counts.reduce((sum, { promptTokens }, index) => sum + (index % this.n === 0 ? promptTokens : 0), 0);
  }

  /** @returns whether it is the request's first to get a slot */
  started({ index, queueMs, cachedTokens }: Extract<CompletionEvent, { type: 'start' }>): boolean {
    const first = this.begun === undefined;
    this.begun ??= { queueMs };
    const count = this.counts[index];
    if (count) count.started = { queueMs, cachedTokens };
    return first;
  }

  token({ index, id, thinking }: Extract<CompletionEvent, { type: 'token' }>): void {
    const count = this.counts[index];
    if (!count) return;
    this.completionTokens += 1;
    count.completionTokens += 1;
    if (thinking) count.reasoningTokens += 1;
    count.firstTokenMs ??= this.elapsed();
    count.ids.push(id);
  }

  /** The ids of a completion's tokens since the last call. */
  takeIds(index: number): number[] {
    return this.counts[index]?.ids.splice(0) ?? [];
  }

  /** What a completion took that has just finished. */
  share(index: number): Share {
    const { promptTokens = 0, completionTokens = 0, started, firstTokenMs } = this.counts[index] ?? {};
    return {
      usage: { promptTokens, completionTokens, cachedTokens: started?.cachedTokens ?? 0 },
      timings: this.timings(started?.queueMs, firstTokenMs),
    };
  }

  /**
   * What the whole request took; of the completions of one prompt, the first tells what of it was there already.
   * @param reasoning whether tokens of thoughts are told apart
   */
  total(reasoning: boolean): { usage: Usage; timings: Timings } {
    const firsts = this.counts.filter((_, index) => index % this.n === 0);
    const cachedTokens = firsts.reduce((sum, { started }) => sum + (started?.cachedTokens ?? 0), 0);
    const times = this.counts.flatMap(({ firstTokenMs }) => firstTokenMs ?? []);
    return {
      usage: {
        promptTokens: this.promptTokens,
        completionTokens: this.completionTokens,
        cachedTokens,
        ...(reasoning && {
          reasoningTokens: this.counts.reduce((sum, { reasoningTokens }) => sum + reasoningTokens, 0),
        }),
      },
      timings: this.timings(this.begun?.queueMs, times.length > 0 ? Math.min(...times) : undefined),
    };
  }

  private timings(queueMs = 0, firstTokenMs = this.elapsed()): Timings {
    return { queueMs, firstTokenMs, totalMs: this.elapsed() };
  }

  private elapsed(): number {
    return performance.now() - this.began;
  }
}
