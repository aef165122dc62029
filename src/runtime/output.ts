import type { TokenLogprob } from '../contract/generate.ts';
import { HeldLogprobs } from './logprobs.ts';

/** Text that can be handed out, and the stop string that ended the completion, if one did. */
export interface OutputPiece {
  text: string;
  stopString: string | undefined;
  /** Of the tokens that end in the text, if there are any. */
  logprobs?: TokenLogprob[];
}

/**
 * Turns the bytes of a completion's tokens into text. An incomplete UTF-8 character and the possible beginning of a
 * stop string are held back until it is known what they are; a stop string and all after it never come out.
 */
export class OutputText {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private readonly stop: readonly string[];
  private readonly logprobs = new HeldLogprobs();
  private held = '';
  /** Characters so far, those held back included. */
  private decoded = 0;

  constructor(stop: readonly string[]) {
    this.stop = stop.filter((text) => text !== '');
  }

  /** Takes the next token's bytes; its log probabilities come out with its last character. */
  push(bytes: Uint8Array, logprob?: TokenLogprob): OutputPiece {
    const added = this.hold(this.decoder.decode(bytes, { stream: true }));
    if (logprob) this.logprobs.hold(logprob, this.decoded, added);
    return this.release(this.possibleStop());
  }

  /** Ends the completion: whatever is held back comes out, half a character as U+FFFD. */
  end(): OutputPiece {
    this.hold(this.decoder.decode());
    return this.release(0);
  }

  private hold(text: string): number {
    this.held += text;
    this.decoded += text.length;
    return text.length;
  }

  /** Hands out what is held but for its last `keep` characters. */
  private release(keep: number): OutputPiece {
    const found = this.firstStop();
    const end = found ? found.at : this.held.length - keep;
    const logprobs = this.logprobs.release(this.decoded - this.held.length + end);
    const text = this.held.slice(0, end);
    this.held = found ? '' : this.held.slice(end);
    return { text, stopString: found?.stopString, ...(logprobs.length > 0 && { logprobs }) };
  }

  private firstStop(): { at: number; stopString: string } | undefined {
    let first: { at: number; stopString: string } | undefined;
    for (const stopString of this.stop) {
      const at = this.held.indexOf(stopString);
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, stopString };
    }
    return first;
  }

  /** Length of the longest end of the held text that begins a stop string. */
  private possibleStop(): number {
    let longest = 0;
    for (const stopString of this.stop) {
      for (let length = Math.min(stopString.length - 1, this.held.length); length > longest; length -= 1) {
        if (this.held.endsWith(stopString.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
