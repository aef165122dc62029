import { collect } from '../contract/collect.ts';
import type { GenerateEvent, GenerateResult } from '../contract/generate.ts';

/** The result of a generation whose events a stream has kept. */
export function collectSeen(events: readonly GenerateEvent[]): Promise<GenerateResult> {
  return collect(replay(events));
}

async function* replay(events: readonly GenerateEvent[]): AsyncGenerator<GenerateEvent> {
  yield* events;
}
