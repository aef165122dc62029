import type { ReasoningFormat } from './reasoning-formats.ts';
import { possibleBeginning } from './held-text.ts';

/** What a text turned out to be; `hidden` counts the characters of marks and of the white space around them. */
export interface ReasoningPiece {
  reasoning: string;
  content: string;
  hidden: number;
}

/** Tells what a model thinks from what it answers. Only thoughts at the beginning of a completion are told apart. */
export class ReasoningReader {
  private readonly format: ReasoningFormat;
  private state: 'beginning' | 'thinking' | 'thought' | 'answering';
  private held = '';
  /** Whether the reasoning has begun: white space before it is dropped. */
  private begun = false;

  /** @param opened whether the prompt ends with the opening mark */
  constructor(format: ReasoningFormat, opened: boolean) {
    this.format = format;
    this.state = opened ? 'thinking' : 'beginning';
  }

  /** Whether the model is thinking just now. */
  get thinking(): boolean {
    return this.state === 'thinking';
  }

  read(text: string): ReasoningPiece {
    this.held += text;
    const piece = { reasoning: '', content: '', hidden: 0 };
    if (this.state === 'beginning') this.readBeginning(piece);
    if (this.state === 'thinking') this.readThoughts(piece);
    if (this.state === 'thought') this.skipSpace(piece, 'answering');
    if (this.state === 'answering') piece.content += this.take(this.held.length);
    return piece;
  }

  /** Gives what is still held back. */
  end(): ReasoningPiece {
    const text = this.take(this.held.length);
    if (this.state === 'thinking') return { reasoning: text, content: '', hidden: 0 };
    const hidden = this.state === 'thought' ? text.length : 0;
    return { reasoning: '', content: hidden > 0 ? '' : text, hidden };
  }

  private readBeginning(piece: ReasoningPiece): void {
    const { open } = this.format;
    const start = this.held.trimStart();
    if (start.startsWith(open)) {
      piece.hidden += this.take(this.held.length - start.length + open.length).length;
      this.state = 'thinking';
    } else if (!open.startsWith(start)) {
      this.state = 'answering';
    }
  }

  private readThoughts(piece: ReasoningPiece): void {
    if (!this.begun) {
      this.begun = this.held.trimStart() !== '';
      piece.hidden += this.take(this.held.length - this.held.trimStart().length).length;
    }
    const { close } = this.format;
    const at = this.held.indexOf(close);
    const before =
      at < 0 ? this.held.slice(0, this.held.length - possibleBeginning(this.held, [close])) : this.held.slice(0, at);
    // White space goes out with what follows it, and not at all before the mark.
    piece.reasoning += this.take(before.trimEnd().length);
    if (at < 0) return;
    piece.hidden += this.take(before.length - before.trimEnd().length + close.length).length;
    this.state = 'thought';
  }

  private skipSpace(piece: ReasoningPiece, next: 'answering'): void {
    const rest = this.held.trimStart();
    piece.hidden += this.take(this.held.length - rest.length).length;
    if (rest !== '') this.state = next;
  }

  private take(length: number): string {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return text;
  }
}
