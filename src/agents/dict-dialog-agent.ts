import type { ModelResponse } from '../wrappers/model-response.ts';
import type { ParseFunc } from '../wrappers/model-wrapper.ts';
import { AgentBase, type AgentOptions, type ReplyOptions } from './agent-base.ts';
import { modelMessages } from './model-messages.ts';
import { Msg } from './msg.ts';

export interface DictDialogAgentOptions extends AgentOptions {
  /** Makes an object of the reply, or throws; reads a JSON object unless given, also one in a ``` block. */
  parseFunc?: ParseFunc | undefined;
  /** Makes an object of a reply that could not be read; unless given it is what the agent speaks. */
  faultHandler?: ParseFunc | undefined;
  /** How often the model is asked; 3 unless given. */
  maxRetries?: number | undefined;
}

/** An agent whose replies are objects: `parsed` holds the object, `content` what it speaks (its key `speak`) or its JSON. */
export class DictDialogAgent extends AgentBase {
  private readonly parsing: Required<Pick<DictDialogAgentOptions, 'parseFunc' | 'faultHandler' | 'maxRetries'>>;

  constructor(options: DictDialogAgentOptions) {
    super(options);
    const { parseFunc = parseJsonReply, faultHandler = speakAll, maxRetries = 3 } = options;
    this.parsing = { parseFunc, faultHandler, maxRetries };
  }

  /** @throws what the model's wrapper throws; then nothing is remembered of it */
  async reply(message?: Msg, { signal }: ReplyOptions = {}): Promise<Msg> {
    const heard = message === undefined ? this.memory : [...this.memory, message];
    const messages = modelMessages(this.name, this.sysPrompt, heard);
    const { parsed } = await this.model.call(messages, { ...this.parsing, signal });
    const answer = new Msg({ name: this.name, role: 'assistant', content: spoken(parsed), parsed });
    this.observe(...(message === undefined ? [answer] : [message, answer]));
    return answer;
  }
}

/** The JSON object that a reply is or that stands in it between ``` lines. @throws SyntaxError where there is none */
export function parseJsonReply({ text = '' }: Pick<ModelResponse, 'text'>): Record<string, unknown> {
  const fenced = /```(?:json)?\s*\n?([\s\S]*?)```/.exec(text)?.[1];
  const value: unknown = JSON.parse(fenced ?? text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError(`the reply is no JSON object: ${text.slice(0, 100)}`);
  return value as Record<string, unknown>;
}

function speakAll({ text }: ModelResponse): { speak: string } {
  return { speak: text ?? '' };
}

function spoken(parsed: unknown): string {
  if (typeof parsed === 'string') return parsed;
  const speak = typeof parsed === 'object' && parsed !== null && 'speak' in parsed ? parsed.speak : undefined;
  return typeof speak === 'string' ? speak : (JSON.stringify(parsed) ?? '');
}
