import type { Dfa } from './dfa.ts';
import { formatLanguage } from './formats.ts';
import { MAX_STATES } from './limits.ts';
import { patternLanguage } from './pattern.ts';

/** The patterns of one schema; each counts as work once, however often it stands there. Formats are few and known. */
export class Languages {
  readonly #known = new Map<unknown, Dfa>();
  readonly #spend: (steps: number) => void;

  constructor(spend: (steps: number) => void) {
    this.#spend = spend;
  }

  /** @throws Refusal */
  pattern(pattern: unknown, keyword: string, at: string): Dfa {
    const known = this.#known.get(pattern);
    if (known !== undefined) return known;
    // The first use of a Unicode property costs milliseconds.
    this.#spend(5000 * (String(pattern).split(/\\p\{/i).length - 1));
    let states = MAX_STATES;
    try {
      const language = patternLanguage(pattern, keyword, at);
      this.#known.set(pattern, language);
      states = language.next.length;
      return language;
    } finally {
      this.#spend(200 + 3 * states);
    }
  }

  /** @throws Refusal */
  format(format: unknown, at: string): Dfa {
    return formatLanguage(format, at);
  }
}
