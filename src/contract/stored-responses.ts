/** Replies that clients may fetch later or go on from; each is the text that its dialect made of it. */
export interface StoredResponses {
  /** The text that is kept under an id, or a sentence that says why there is none. */
  find(id: string): { text: string } | { missing: string };
  /** Keeps a text, in place of what the id had; older ones may have to go. */
  keep(id: string, text: string): void;
  /** @returns whether it was there */
  forget(id: string): boolean;
}
