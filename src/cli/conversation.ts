import { InferenceError } from '../contract/errors.ts';
import type { Message, ModelWrapper } from '../library/model-configs.ts';

/** A conversation with one model; it remembers what was said. */
export class Conversation {
  private readonly model: ModelWrapper;
  private readonly args: Readonly<Record<string, unknown>>;
  private messages: Message[] = [];
  private running: AbortController | undefined;

  constructor(model: ModelWrapper, args: Readonly<Record<string, unknown>>, system: string | undefined) {
    this.model = model;
    this.args = args;
    if (system !== undefined) this.restart(system);
  }

  /** Whether an answer is being written. */
  get busy(): boolean {
    return this.running !== undefined;
  }

  /** Stops the answer that is being written; what there is of it stays part of the conversation. */
  interrupt(): void {
    this.running?.abort();
  }

  /** Forgets what was said. @param system the system prompt from now on; the old one unless given */
  restart(system?: string): void {
    const [first] = this.messages;
    const kept = first?.role === 'system' ? [first] : [];
    this.messages = system === undefined ? kept : [{ role: 'system', content: system }];
  }

  /** Takes the last answer back. @returns what it answered; undefined where there is none */
  takeBack(): string | undefined {
    if (this.messages.at(-1)?.role === 'assistant') this.messages.pop();
    return this.messages.at(-1)?.role === 'user' ? this.messages.pop()?.content : undefined;
  }

  /**
   * Says something, and gives the answer in pieces.
   * @returns how it ended @throws what the model's wrapper throws; then the conversation is as it was before
   */
  async *say(content: string): AsyncGenerator<string, 'answered' | 'interrupted', void> {
    const controller = new AbortController();
    this.running = controller;
    const before = this.messages;
    this.messages = [...before, { role: 'user', content }];
    let text = '';
    try {
      const { signal } = controller;
      const response = await this.model.call(this.messages, { signal, stream: true, args: this.args });
      for await (const piece of response.stream ?? []) {
        text += piece;
        yield piece;
      }
      this.messages.push({ role: 'assistant', content: text });
      return 'answered';
    } catch (error) {
      if (!controller.signal.aborted || !(error instanceof InferenceError)) {
        this.messages = before;
        throw error;
      }
      if (text === '') this.messages = before;
      else this.messages.push({ role: 'assistant', content: text });
      return 'interrupted';
    } finally {
      this.running = undefined;
    }
  }
}
