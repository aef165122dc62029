import { randomUUID } from 'node:crypto';

export interface MsgFields {
  /** Who says it. */
  name: string;
  content: string;
  /** Who that is to a model; `user` unless given. */
  role?: 'system' | 'user' | 'assistant' | undefined;
  /** What a parser made of the content. */
  parsed?: unknown;
  /** An image or a file that belongs to it. */
  url?: string | undefined;
}

/** A message between agents, as AgentScope's `Msg`; written as JSON it is a plain object. */
export class Msg {
  readonly id: string;
  /** ISO 8601, in UTC. */
  readonly timestamp: string;
  readonly name: string;
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  readonly parsed: unknown;
  readonly url: string | undefined;

  constructor({ name, content, role = 'user', parsed, url }: MsgFields) {
    this.id = randomUUID();
    this.timestamp = new Date().toISOString();
    this.name = name;
    this.role = role;
    this.content = content;
    this.parsed = parsed;
    this.url = url;
  }
}
