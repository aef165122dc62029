import type { StoredResponses } from '../contract/stored-responses.ts';

export interface StoreLimits {
  /** Responses at most; 0 keeps none. */
  maxCount: number;
  /** Bytes of all their texts at most, as UTF-8. */
  maxBytes: number;
}

/** So many ids of responses that had to go are remembered, to tell them from those that never were. */
const MOST_GONE = 10_000;

/** Keeps responses in memory, as bytes, so that the limit holds exactly; the oldest make room for new ones. */
export class ResponseStore implements StoredResponses {
  readonly #limits: StoreLimits;
  /** From the oldest to the newest. */
  readonly #texts = new Map<string, Buffer>();
  readonly #gone = new Set<string>();
  #bytes = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#texts.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(id: string): { text: string } | { missing: string } {
    const bytes = this.#texts.get(id);
    if (bytes !== undefined) return { text: bytes.toString() };
    const name = JSON.stringify(id.length > 100 ? `${id.slice(0, 100)}…` : id);
    const { maxCount, maxBytes } = this.#limits;
    const missing = this.#gone.has(id)
      ? `The response ${name} had to make room: ${maxCount} responses and ${maxBytes} bytes are kept at most; raise --stored-responses or --stored-responses-size.`
      : `The response ${name} is not stored here: check the id, and whether it was made with store true, before this server started, or was deleted.`;
    return { missing };
  }

  keep(id: string, text: string): void {
    this.forget(id);
    const { maxCount, maxBytes } = this.#limits;
    const bytes = Buffer.from(text);
    if (maxCount === 0 || bytes.length > maxBytes) return this.#remember(id);
    for (const [oldest] of this.#texts) {
      if (this.#texts.size < maxCount && this.#bytes + bytes.length <= maxBytes) break;
      this.forget(oldest);
      this.#remember(oldest);
    }
    this.#texts.set(id, bytes);
    this.#bytes += bytes.length;
    this.#gone.delete(id);
  }

  forget(id: string): boolean {
    this.#bytes -= this.#texts.get(id)?.length ?? 0;
    return this.#texts.delete(id);
  }

  #remember(id: string): void {
    for (const [oldest] of this.#gone.entries()) {
      if (this.#gone.size < MOST_GONE) break;
      this.#gone.delete(oldest);
    }
    this.#gone.add(id);
  }
}
