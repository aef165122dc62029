import type { Response } from 'express';
import type { Logger } from '../telemetry/log.ts';

/** Names are the clients' own words: remember only so many. */
const MOST_REMEMBERED = 1000;

/** Tells of fields that were left out: in a header each time, in the log once. */
export class IgnoredFields {
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  report(res: Response, names: readonly string[]): void {
    if (names.length === 0) return;
    // a header takes visible ASCII alone
    const safe = names.map((name) => name.replace(/[^\x21-\x7e]|,/gu, '?'));
    res.set('x-hearth-ignored', safe.join(', '));
    for (const field of safe) {
      if (this.#told.has(field) || this.#told.size >= MOST_REMEMBERED) continue;
      this.#told.add(field);
      this.#log.warn({ field }, 'unknown field ignored; this is said once');
    }
  }
}
