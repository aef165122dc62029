import type { TokenLogprob, ToolCallPiece } from '../contract/generate.ts';
import { possibleBeginning } from './held-text.ts';
import { HeldLogprobs } from './logprobs.ts';
import type { CallReader } from './output-calls.ts';
import type { ReasoningReader } from './output-reasoning.ts';

/** What can be handed out, in this order, and the stop string that ended the completion, if one did. */
export interface OutputPiece {
  /** What the model thinks. */
  reasoning?: string;
  /** What it answers. */
  text: string;
  /** What it calls. */
  calls?: ToolCallPiece[];
  stopString: string | undefined;
  /** Of the tokens that end in the text, if there are any. */
  logprobs?: TokenLogprob[];
}

/** What a completion is made of besides its text. */
export interface OutputReaders {
  reasoning?: ReasoningReader | undefined;
  calls?: CallReader | undefined;
}

/**
 * Turns the bytes of a completion's tokens into text: characters → reasoning → calls → stop strings. An incomplete UTF-8
 * character and the possible beginning of a mark or a stop string are held back until it is known what they are; a stop string
 * and all after it never come out. Stop strings and log probabilities are the answer's alone.
 */
export class OutputText {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly stop: readonly string[];
  private readonly readers: OutputReaders;
  private readonly logprobs = new HeldLogprobs();
  /** Of the answer, what was not handed out yet. */
  private held = '';
  /** Characters so far, those held back included. */
  private decoded = 0;
  /** Characters that are no part of the answer, or were handed out. */
  private released = 0;

  constructor(stop: readonly string[], readers: OutputReaders = {}) {
    this.stop = stop.filter((text) => text !== '');
    this.readers = readers;
  }

  /** Takes the next token's bytes; its log probabilities come out with its last character. */
  push(bytes: Uint8Array, logprob?: TokenLogprob): OutputPiece {
    const text = this.decoder.decode(bytes, { stream: true });
    this.decoded += text.length;
    if (logprob) this.logprobs.hold(logprob, this.decoded, text.length);
    const { reasoning, content } = this.think(text, false);
    const { content: answer, calls } = this.readers.calls?.read(content) ?? { content, calls: [] };
    this.held += answer;
    const keep = this.readers.calls?.calling === true ? 0 : possibleBeginning(this.held, this.stop);
    return this.release(keep, reasoning, calls);
  }

  /** Ends the completion: whatever is held back comes out, half a character as U+FFFD. */
  end(): OutputPiece {
    const text = this.decoder.decode();
    this.decoded += text.length;
    const { reasoning, content } = this.think(text, true);
    const { calls: reader } = this.readers;
    const read = reader?.read(content) ?? { content, calls: [] };
    this.held += read.content + (reader?.end() ?? '');
    return this.release(0, reasoning, read.calls);
  }

  private think(text: string, last: boolean): { reasoning: string; content: string } {
    const { reasoning: reader } = this.readers;
    if (!reader) return { reasoning: '', content: text };
    const pieces = last ? [reader.read(text), reader.end()] : [reader.read(text)];
    const before = this.released;
    for (const { reasoning, hidden } of pieces) this.released += reasoning.length + hidden;
    // Tokens of thoughts are not told.
    if (this.released > before) this.logprobs.release(this.released);
    return {
      reasoning: pieces.map(({ reasoning }) => reasoning).join(''),
      content: pieces.map(({ content }) => content).join(''),
    };
  }

  /** Hands out what is held but for its last `keep` characters. */
  private release(keep: number, reasoning: string, calls: ToolCallPiece[]): OutputPiece {
    const found = this.firstStop();
    const end = found ? found.at : this.held.length - keep;
    this.released += end;
    const logprobs = this.logprobs.release(this.released);
    const text = this.held.slice(0, end);
    this.held = found ? '' : this.held.slice(end);
    return {
      text,
      stopString: found?.stopString,
      ...(reasoning !== '' && { reasoning }),
      ...(logprobs.length > 0 && { logprobs }),
      ...(calls.length > 0 && !found && { calls }),
    };
  }

  private firstStop(): { at: number; stopString: string } | undefined {
    let first: { at: number; stopString: string } | undefined;
    for (const stopString of this.stop) {
      const at = this.held.indexOf(stopString);
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, stopString };
    }
    return first;
  }
}
