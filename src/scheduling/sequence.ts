import type { Sampled, TokenEvent, TokenRequest } from '../contract/tokens.ts';
import { Channel } from './channel.ts';

/** One token request on its way: waiting, reading its prompt, decoding, or over. */
export class Sequence {
  readonly request: TokenRequest;
  readonly events = new Channel<TokenEvent>();
  readonly queuedAt: number;
  /** Prompt tokens that the slot holds, those found there included. */
  read = 0;
  /** Prompt tokens that were there when it got its slot. */
  cached = 0;
  /** The token that the next step appends; undefined until the prompt is read. */
  last: number | undefined;
  /** New tokens so far. */
  generated = 0;
  /** Nobody wants the rest: the slot is taken back before the next step. */
  dropped = false;
  /** Somebody who is reading a prefix of this prompt, which is better waited for. */
  private awaits: { leader: Sequence; length: number } | undefined;

  constructor(request: TokenRequest, queuedAt: number) {
    this.request = request;
    this.queuedAt = queuedAt;
  }

  /** Whether it is at its prompt. */
  reading(): boolean {
    return !this.dropped && this.last === undefined;
  }

  /** Lets it wait until the leader has read so many tokens, or reads no more. */
  waitFor(leader: Sequence, length: number): void {
    this.awaits = { leader, length };
  }

  /** Whether what it waits for is still being read. */
  waits(): boolean {
    return this.awaits !== undefined && this.awaits.leader.reading() && this.awaits.leader.read < this.awaits.length;
  }

  /** Ends the sequence for its reader; the scheduler frees the slot between two steps. */
  drop(error: Error): void {
    this.dropped = true;
    this.events.fail(error);
  }

  /** Hands out a sampled token. @returns true when it was the last. */
  accept({ id, logprobs }: Sampled, endTokens: ReadonlySet<number>): boolean {
    this.last = id;
    this.generated += 1;
    this.events.push({ type: 'token', id, ...(logprobs && { logprobs }) });
    const eos = endTokens.has(id) && this.generated > this.request.minTokens;
    if (!eos && this.generated < this.request.maxTokens) return false;
    this.events.push({ type: 'end', reason: eos ? 'eos' : 'length' });
    this.events.end();
    return true;
  }
}
