import { InferenceError } from '../contract/errors.ts';
import type { ModelTotals } from '../contract/model.ts';
import type { TokenEvent } from '../contract/tokens.ts';
import { UniquePrompts } from './unique-prompts.ts';

/** What a scheduler has done since its beginning: plain numbers that only rise, counted where the work is done. */
export class Counters {
  private readonly unique = new UniquePrompts();
  private readonly counted: ModelTotals = {
    promptTokens: 0,
    promptTokensRead: 0,
    promptTokensCached: 0,
    promptTokensUnique: 0,
    completionTokens: 0,
    steps: 0,
    stepMs: 0,
    admitted: 0,
    outcomes: { eos: 0, length: 0, left: 0, refused: 0, failed: 0 },
  };

  /** A copy of the totals. */
  totals(): ModelTotals {
    return { ...this.counted, outcomes: { ...this.counted.outcomes } };
  }

  /** A request got its slot. @param cached prompt tokens that need not be read, because the slot has them */
  admitted(prompt: readonly number[], cached: number): void {
    this.counted.admitted += 1;
    this.counted.promptTokens += prompt.length;
    this.counted.promptTokensCached += cached;
    this.counted.promptTokensUnique += this.unique.add(prompt);
  }

  /** A step succeeded. @param promptTokens tokens of prompts that it computed. @param sampled tokens that it made */
  stepped(ms: number, promptTokens: number, sampled: number): void {
    this.counted.steps += 1;
    this.counted.stepMs += ms;
    this.counted.promptTokensRead += promptTokens;
    this.counted.completionTokens += sampled;
  }

  /** A request found the queue full. */
  refused(): void {
    this.counted.outcomes.refused += 1;
  }

  /** Passes a request's events on, and counts how it ended. @throws what the events throw */
  async *watch(events: AsyncIterable<TokenEvent>): AsyncGenerator<TokenEvent, void, void> {
    let outcome: keyof ModelTotals['outcomes'] = 'left';
    try {
      for await (const event of events) {
        if (event.type === 'end') outcome = event.reason;
        yield event;
      }
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      this.counted.outcomes[outcome] += 1;
    }
  }
}

function outcomeOf(error: unknown): keyof ModelTotals['outcomes'] {
  if (!(error instanceof InferenceError)) return 'failed';
  if (error.code === 'overloaded') return 'refused';
  return error.code === 'model_failed' ? 'failed' : 'left';
}
