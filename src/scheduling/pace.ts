/** A step whose length nobody has measured yet reads this many prompt tokens. */
const FIRST_CHUNK = 64;
/** A waiting prompt advances by at least this much in every step, whatever else is said here. */
const SMALLEST_CHUNK = 16;
/**
 * Beside decoders a prompt gets at least so many times the decoders' own time, however small the budget: a step then takes two
 * and a half times the usual one, and the prompt more than half of the machine.
 */
const LEAST_SHARE = 1.5;
/** Weight of the newest measurement. */
const GAIN = 0.3;

/**
 * Learns how long steps take, to tell how many prompt tokens fit into a step's time. The budget holds also when nobody
 * decodes: whoever comes or goes waits for the step's end. A fast engine reads whole batches within it.
 * The model is linear: a step takes the decoders' time plus a constant for each prompt token.
 */
export class Pace {
  private readonly budgetMs: number;
  private decodeMs = 0;
  private msPerToken: number | undefined;

  /** @param budgetMs how long a step that reads prompts may take */
  constructor(budgetMs: number) {
    this.budgetMs = budgetMs;
  }

  /** Prompt tokens for a step with so many decoders. */
  chunk(decoders: number): number {
    if (this.msPerToken === undefined) return FIRST_CHUNK;
    const left = decoders > 0 ? Math.max(this.budgetMs - this.decodeMs, LEAST_SHARE * this.decodeMs) : this.budgetMs;
    const tokens = Math.floor(left / this.msPerToken);
    return Math.max(SMALLEST_CHUNK, tokens);
  }

  /** Milliseconds that reading so many tokens takes; Infinity before anything was read. */
  readMs(tokens: number): number {
    return tokens * (this.msPerToken ?? Infinity);
  }

  /** Takes note of a step that took `ms`. */
  measured(ms: number, decoders: number, promptTokens: number): void {
    if (promptTokens === 0) {
      // One slow moment of the machine is no measure of the decoders.
      this.decodeMs = this.decodeMs === 0 ? ms : blend(this.decodeMs, Math.min(ms, 2 * this.decodeMs));
      return;
    }
    // A last chunk of a token or two says more about the step's fixed cost than about its length.
    if (promptTokens < SMALLEST_CHUNK) return;
    // A step with prompts takes longer than its decoders alone, so one slow moment is not believed for long.
    if (decoders > 0) this.decodeMs = Math.min(this.decodeMs, ms);
    const reading = decoders > 0 ? ms - this.decodeMs : ms;
    this.msPerToken = Math.max(1e-3, blend(this.msPerToken, reading / promptTokens));
  }
}

function blend(average: number | undefined, value: number): number {
  return average === undefined ? value : average + GAIN * (value - average);
}
