import type { ToolCallPiece } from '../contract/generate.ts';
import { possibleBeginning } from './held-text.ts';
import { JsonEnd } from './json-end.ts';
import type { ToolFormat } from './tool-formats.ts';

/** What a text turned out to be. Content comes before all calls. */
export interface CallsPiece {
  content: string;
  calls: ToolCallPiece[];
}

/**
 * Tells the calls of tools from the text before them. The grammar of the completion has seen to it that its text is what the
 * format says (output-grammar.ts), so that this follows it literally; a text that is cut off ends anywhere.
 */
export class CallReader {
  private readonly format: ToolFormat;
  private readonly newId: () => string;
  private state: 'text' | 'free' | 'opening' | 'name' | 'arguments' | 'closing' | 'between' = 'text';
  private held = '';
  private calls = 0;
  private id = '';
  private arguments = new JsonEnd();
  private readonly beginning: boolean;

  /**
   * @param beginning whether calls are looked for at the beginning of the text alone
   * @param newId makes the id of a call
   */
  constructor(format: ToolFormat, beginning: boolean, newId: () => string) {
    this.format = format;
    this.beginning = beginning;
    this.newId = newId;
  }

  /** Whether the content is over. */
  get calling(): boolean {
    return this.state !== 'text' && this.state !== 'free';
  }

  /** Whether the model called a tool. */
  get called(): boolean {
    return this.calls > 0;
  }

  read(text: string): CallsPiece {
    this.held += text;
    const piece: CallsPiece = { content: '', calls: [] };
    while (this.advance(piece));
    return piece;
  }

  /** Gives content that is still held back; a call that was only begun is cut off. */
  end(): string {
    return this.calling ? '' : this.take(this.held.length);
  }

  /** @returns whether there may be more to do with what is held */
  private advance(piece: CallsPiece): boolean {
    const { mark, first, open, middle, close, next } = this.format;
    switch (this.state) {
      case 'text':
        return this.readText(piece, mark);
      case 'free':
        piece.content += this.take(this.held.length);
        return false;
      case 'opening':
        return this.skip((this.calls === 0 ? first : '') + open, 'name');
      case 'name':
        return this.readName(piece, middle);
      case 'arguments':
        return this.readArguments(piece);
      case 'closing':
        return this.skip(close, 'between');
      default:
        // Between two calls. What ends them is not told, nor anything after it.
        return next !== undefined && this.skip(next, 'opening');
    }
  }

  private readText(piece: CallsPiece, mark: string): boolean {
    if (this.beginning) {
      const start = this.held.trimStart();
      if (start.startsWith(mark)) this.take(this.held.length - start.length + mark.length);
      else if (mark.startsWith(start)) return false;
      this.state = start.startsWith(mark) ? 'opening' : 'free';
      return true;
    }
    const at = this.held.indexOf(mark);
    const before =
      at < 0 ? this.held.slice(0, this.held.length - possibleBeginning(this.held, [mark])) : this.held.slice(0, at);
    // White space before the mark is no content.
    piece.content += this.take(before.trimEnd().length);
    if (at < 0) return false;
    this.take(before.length - before.trimEnd().length + mark.length);
    this.state = 'opening';
    return true;
  }

  private skip(literal: string, state: typeof this.state): boolean {
    if (!this.held.startsWith(literal)) return false;
    this.take(literal.length);
    this.state = state;
    return true;
  }

  private readName(piece: CallsPiece, middle: string): boolean {
    const at = this.held.indexOf(middle);
    if (at < 0) return false;
    this.id = this.newId();
    piece.calls.push({ call: this.calls, id: this.id, name: this.take(at) });
    this.take(middle.length);
    this.calls += 1;
    this.arguments = new JsonEnd();
    this.state = 'arguments';
    return true;
  }

  private readArguments(piece: CallsPiece): boolean {
    const end = this.arguments.find(this.held);
    const argumentsDelta = this.take(end ?? this.held.length);
    if (argumentsDelta !== '') piece.calls.push({ call: this.calls - 1, id: this.id, argumentsDelta });
    if (end === undefined) return false;
    this.state = 'closing';
    return true;
  }

  private take(length: number): string {
    const text = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return text;
  }
}
