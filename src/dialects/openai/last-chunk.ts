import type { GenerateEvent } from '../../contract/generate.ts';
import type { Frame } from '../dialect.ts';
import { wireTimings } from '../timings.ts';

/** Keeps a stream's chunk with a finish reason until the next event: if that is the end, the chunk is the last and has the timings. */
export class LastChunk {
  private held: object | undefined;

  hold(chunk: object): void {
    this.held = chunk;
  }

  /** Before an event is looked at: what was held goes first, unless the event is the end. */
  *release(event: GenerateEvent): Generator<Frame> {
    if (event.type === 'done' || this.held === undefined) return;
    yield { json: this.held };
    this.held = undefined;
  }

  /** @param usage the chunk that tells the usage, where one is wanted; it is the last one then */
  *end({ usage, timings }: Extract<GenerateEvent, { type: 'done' }>, usageChunk?: object): Generator<Frame> {
    const chunks = [this.held, usageChunk].filter((chunk) => chunk !== undefined);
    for (const [index, chunk] of chunks.entries()) {
      yield { json: index < chunks.length - 1 ? chunk : { ...chunk, timings: wireTimings(usage, timings) } };
    }
  }
}
