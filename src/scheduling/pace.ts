import { LineFit } from './line-fit.ts';

/** A step whose length nobody has measured yet reads this many prompt tokens. */
const FIRST_CHUNK = 64;
/** A waiting prompt advances by at least this much in every step, whatever else is said here. */
const SMALLEST_CHUNK = 16;
/**
 * Beside decoders a prompt gets at least so many times the decoders' own time, however small the budget: a step then takes two
 * and a half times the usual one, and the prompt more than half of the machine.
 */
const LEAST_SHARE = 1.5;
/** Weight of the newest measurement of the decoders. */
const GAIN = 0.3;

/**
 * Learns how long steps take, to tell how many prompt tokens fit into a step's time. The budget holds also when nobody
 * decodes: whoever comes or goes waits for the step's end. A fast engine reads whole batches within it.
 * A step takes the decoders' time and so much for each prompt token; a token takes the longer, the more stand before it.
 */
export class Pace {
  private readonly budgetMs: number;
  private decodeMs = 0;
  /** Milliseconds of a prompt token by the tokens before it. */
  private readonly tokenMs = new LineFit();

  /** @param budgetMs how long a step that reads prompts may take */
  constructor(budgetMs: number) {
    this.budgetMs = budgetMs;
  }

  /** Prompt tokens for a step with so many decoders. @param position tokens before the prompt's next one */
  chunk(decoders: number, position: number): number {
    if (this.tokenMs.empty) return FIRST_CHUNK;
    const left = decoders > 0 ? Math.max(this.budgetMs - this.decodeMs, LEAST_SHARE * this.decodeMs) : this.budgetMs;
    return Math.max(SMALLEST_CHUNK, Math.floor(this.tokensWithin(left, position)));
  }

  /** Milliseconds that reading so many tokens takes in an empty slot; Infinity before anything was read. */
  readMs(tokens: number): number {
    return this.tokenMs.empty ? Infinity : tokens * this.tokenMs.at(tokens / 2);
  }

  /** Takes note of a step that took `ms`. @param position tokens before those that were read, as a mean over all of them */
  measured(ms: number, decoders: number, promptTokens: number, position: number): void {
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
    this.tokenMs.add(position, Math.max(1e-3, reading / promptTokens));
  }

  /** The n for which n × tokenMs, in the middle of the n tokens, is `ms`. */
  private tokensWithin(ms: number, position: number): number {
    const first = this.tokenMs.at(position);
    const rise = this.tokenMs.slopeAt(position);
    return rise === 0 ? ms / first : (Math.sqrt(first * first + 2 * rise * ms) - first) / rise;
  }
}
