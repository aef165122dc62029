import type { Sampling } from '../../../contract/generate.ts';

/**
 * The penalties of one request: Transformers' repetition_penalty for every token of prompt and completion, OpenAI's two for
 * the completion alone, also where a request has all three.
 */
export class Penalties {
  readonly #repetition: number;
  readonly #presence: number;
  readonly #frequency: number;
  /** Tokens of prompt and completion; empty where no penalty asks for them. */
  readonly #seen: Set<number>;
  /** How often each token came in the completion; empty where no penalty asks for it. */
  readonly #counts = new Map<number, number>();

  constructor({ repetitionPenalty, presencePenalty, frequencyPenalty }: Sampling, prompt: readonly number[]) {
    this.#repetition = repetitionPenalty;
    this.#presence = presencePenalty;
    this.#frequency = frequencyPenalty;
    this.#seen = new Set(repetitionPenalty === 1 ? [] : prompt);
  }

  /** Takes note of a token of the completion. */
  note(id: number): void {
    if (this.#repetition !== 1) this.#seen.add(id);
    if (this.#presence !== 0 || this.#frequency !== 0) this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
  }

  /** Changes the logits of the tokens that have come. */
  apply(logits: Float32Array): void {
    for (const id of this.#seen) {
      const logit = logits[id] ?? 0;
      logits[id] = logit > 0 ? logit / this.#repetition : logit * this.#repetition;
    }
    for (const [id, count] of this.#counts) {
      logits[id] = (logits[id] ?? 0) - count * this.#frequency - this.#presence;
    }
  }
}
