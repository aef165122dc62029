/**
 * A queue between the step loop, which must never wait, and one reader, which may be slow.
 * Bounded by what a request may produce, so it needs no back pressure.
 */
export class Channel<T extends object> implements AsyncIterable<T> {
  private items: T[] = [];
  private finished = false;
  private error: Error | undefined;
  private wake: (() => void) | undefined;

  /** Adds an item; ignored after the end. */
  push(item: T): void {
    if (this.finished) return;
    this.items.push(item);
    this.wake?.();
  }

  /** Ends the iteration after the items that are still unread. */
  end(): void {
    this.finished = true;
    this.wake?.();
  }

  /** Makes the iteration throw at once; items that are still unread are lost. Ignored after the end. */
  fail(error: Error): void {
    if (this.finished) return;
    this.items = [];
    this.error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      for (let item = this.items.shift(); item !== undefined; item = this.items.shift()) yield item;
      if (this.error) throw this.error;
      if (this.finished) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
  }
}
