import { LineFit } from './line-fit.ts';
import type { PlannedStep } from './plan.ts';

/** A step whose length nobody has measured yet reads this many prompt tokens. */
const FIRST_CHUNK = 64;
/** A waiting prompt advances by at least this much in every step, whatever else is said here. */
const SMALLEST_CHUNK = 16;
/**
 * Beside decoders a prompt gets at least so many times the decoders' own time, however small the budget: a step then takes two
 * and a half times the usual one, and the prompt more than half of the machine.
 */
const LEAST_SHARE = 1.5;
/**
 * Short prompts after long contexts may be read together in so many times the budget: an engine reads several sooner than each by
 * itself, and everybody waits for all of them in the end.
 */
const TOGETHER = 3;
/** No step takes more tokens than this. */
const MOST_TOKENS = 2 ** 16;
/** Weight of the newest measurement of the decoders. */
const GAIN = 0.3;

/**
 * Learns how long steps take, to tell how many prompt tokens fit into a step's time. The budget holds also when nobody
 * decodes: whoever comes or goes waits for the step's end. A fast engine reads whole batches within it.
 * A step takes the decoders' time and so much for each prompt token; a token takes the longer, the more stand before it. Where
 * the attention of n tokens costs as much as that of n + overhead, that is the same as if (1 + overhead / n) times as many
 * stood before them.
 */
export class Pace {
  private readonly budgetMs: number;
  private readonly overhead: number;
  private decodeMs = 0;
  /** Milliseconds of a prompt token by the tokens before it, as many as they seem to be. */
  private readonly tokenMs = new LineFit();

  /** @param budgetMs how long a step that reads prompts may take; @param overhead of a chunk's attention, in tokens */
  constructor(budgetMs: number, overhead: number) {
    this.budgetMs = budgetMs;
    this.overhead = overhead;
  }

  /** Prompt tokens for a step with so many decoders and prompts. @param position tokens before the prompts' next ones */
  chunk(decoders: number, readers: number, position: number): number {
    if (this.tokenMs.empty) return FIRST_CHUNK;
    const left = decoders > 0 ? Math.max(this.budgetMs - this.decodeMs, LEAST_SHARE * this.decodeMs) : this.budgetMs;
    return Math.max(SMALLEST_CHUNK, this.tokensWithin(left, readers, position));
  }

  /** Whether reading so many tokens of so many whole prompts, after so many tokens, is bearable in one step. */
  together(tokens: number, readers: number, position: number): boolean {
    return this.chunkMs(tokens, readers, position) <= TOGETHER * this.budgetMs;
  }

  /** Milliseconds that reading so many tokens takes in an empty slot; Infinity before anything was read. */
  readMs(tokens: number): number {
    return this.tokenMs.empty ? Infinity : tokens * this.tokenMs.at(tokens / 2);
  }

  /** Takes note of a step that took `ms`. */
  measured(ms: number, { decoders, promptTokens, readers, position }: Omit<PlannedStep, 'plan'>): void {
    if (promptTokens === 0) {
      // One slow moment of the machine is no measure of the decoders.
      this.decodeMs =
        this.decodeMs === 0 ? ms : this.decodeMs + GAIN * (Math.min(ms, 2 * this.decodeMs) - this.decodeMs);
      return;
    }
    // A last chunk of a token or two says more about the step's fixed cost than about its length.
    if (promptTokens < SMALLEST_CHUNK) return;
    // A step with prompts takes longer than its decoders alone, so one slow moment is not believed for long.
    if (decoders > 0) this.decodeMs = Math.min(this.decodeMs, ms);
    const reading = decoders > 0 ? ms - this.decodeMs : ms;
    this.tokenMs.add(this.seeming(position, promptTokens, readers), Math.max(1e-3, reading / promptTokens));
  }

  /** The most tokens that, by tokenMs in their middle, take no longer than `ms`. */
  private tokensWithin(ms: number, readers: number, position: number): number {
    let [fits, exceeds] = [0, MOST_TOKENS];
    while (exceeds - fits > 1) {
      const tokens = Math.floor((fits + exceeds) / 2);
      if (this.chunkMs(tokens, readers, position) <= ms) fits = tokens;
      else exceeds = tokens;
    }
    return fits;
  }

  private chunkMs(tokens: number, readers: number, position: number): number {
    return tokens * this.tokenMs.at(this.seeming(position + tokens / 2, tokens, readers));
  }

  /** As many tokens as seem to stand before the middle one of a chunk. */
  private seeming(middle: number, tokens: number, readers: number): number {
    return middle * (1 + (this.overhead * readers) / tokens);
  }
}
