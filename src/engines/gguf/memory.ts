/** What the contexts of all slots may take of the memory that is free. */
const SHARE = 0.5;
const LONGEST_CONTEXT = 8192;
const FEWEST_SLOTS = 4;
const SHORTEST_CONTEXT = 512;

export interface MemoryWish {
  /** What the user asked for, if anything. */
  contextSize: number | undefined;
  slots: number | undefined;
  trainedContext: number;
  /** Slots to take where memory allows. */
  wantedSlots: number;
  freeBytes: number;
  /** Bytes that so many tokens in so many slots take. */
  bytes(contextSize: number, slots: number): number;
}

/**
 * Chooses context and slots: the user's own numbers as they are; else min(trained, 8192) tokens, halved until four
 * slots fit into half of the free memory, then as many slots as fit.
 */
export function planMemory(wish: MemoryWish): { contextSize: number; slots: number } {
  const fits = (context: number, slots: number): boolean => wish.bytes(context, slots) <= wish.freeBytes * SHARE;
  let contextSize = wish.contextSize ?? Math.min(wish.trainedContext, LONGEST_CONTEXT);
  if (wish.contextSize === undefined) {
    const slots = wish.slots ?? FEWEST_SLOTS;
    while (contextSize / 2 >= SHORTEST_CONTEXT && !fits(contextSize, slots)) contextSize = Math.floor(contextSize / 2);
  }
  let slots = wish.slots ?? wish.wantedSlots;
  if (wish.slots === undefined) while (slots > 1 && !fits(contextSize, slots)) slots -= 1;
  return { contextSize, slots };
}
