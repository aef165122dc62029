import assert from 'node:assert/strict';
import type { TokenEvent, TokenRequest } from '../../src/contract/tokens.ts';
import type { Scheduler, SchedulerSettings } from '../../src/scheduling/scheduler.ts';

export const greedy = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: 1,
};

export const roomy: SchedulerSettings = {
  maxQueue: 100,
  maxQueueWaitMs: 60_000,
  stepBudgetMs: 100,
  prefixReuse: true,
  endTokens: new Set(),
};

/** A greedy request. */
export function tokenRequest(prompt: readonly number[], maxTokens: number, minTokens = 0): TokenRequest {
  return { prompt, maxTokens, minTokens, sampling: greedy };
}

/** 1, 2, … as a prompt of its own: `first` tells prompts apart. */
export function promptOf(length: number, first = 1): number[] {
  return Array.from({ length }, (_, index) => first + index);
}

export interface Outcome {
  tokens: number[];
  cachedTokens: number | undefined;
  end: 'eos' | 'length' | undefined;
  error: unknown;
}

/** Reads a token request to its end or failure. */
export async function outcomeOf(events: AsyncIterable<TokenEvent>): Promise<Outcome> {
  const outcome: Outcome = { tokens: [], cachedTokens: undefined, end: undefined, error: undefined };
  try {
    for await (const event of events) {
      if (event.type === 'start') outcome.cachedTokens = event.cachedTokens;
      if (event.type === 'token') outcome.tokens.push(event.id);
      if (event.type === 'end') outcome.end = event.reason;
    }
  } catch (error) {
    outcome.error = error;
  }
  return outcome;
}

/** Asserts that no request holds a slot or a place in the queue. */
export function assertIdle(scheduler: Scheduler): void {
  const { slotsBusy, queued } = scheduler.stats();
  assert.deepEqual({ slotsBusy, queued }, { slotsBusy: 0, queued: 0 });
}
