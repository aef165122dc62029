import type { Choice, FinishReason, GenerateEvent, TokenLogprob } from '../../../contract/generate.ts';
import { responseLogprobs } from '../logprobs.ts';

/** What happens to an output item, without its number in the stream. */
export type OutputEvent = { type: string } & Record<string, unknown>;

type Status = 'in_progress' | 'completed' | 'incomplete';

/** The item that is being written. */
type Open =
  | { kind: 'reasoning' | 'message'; id: string; text: string; logprobs: TokenLogprob[] }
  | { kind: 'function_call'; id: string; text: string; call: number; callId: string; name: string };

const idPrefix = { reasoning: 'rs', message: 'msg', function_call: 'fc' };
const partType = { reasoning: 'reasoning_text', message: 'output_text' } as const;

type OutputPiece = Extract<GenerateEvent, { type: 'delta' | 'reasoning' | 'tool_call' }>;

/**
 * Makes a response's output items of a generation's events, and tells what happens to them in the order of OpenAI's streams.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class Output {
  /** Those that are whole, as they are on the wire. */
  readonly items: object[] = [];
  readonly #replyId: string;
  #open: Open | undefined;
  #answered = false;

  /** @param replyId what the items' ids are made of */
  constructor(replyId: string) {
    this.#replyId = replyId;
  }

  add(event: OutputPiece): OutputEvent[] {
    switch (event.type) {
      case 'reasoning':
        return this.#write('reasoning', event.text, []);
      case 'delta':
        if (event.text === '' && (event.logprobs ?? []).length === 0) return [];
        return this.#write('message', event.text, event.logprobs ?? []);
      default: {
        const { call, id, name, argumentsDelta } = event;
        const begun =
          this.#open?.kind === 'function_call' && this.#open.call === call ? [] : this.#call(call, id, name);
        return argumentsDelta === undefined ? begun : [...begun, ...this.#append(argumentsDelta)];
      }
    }
  }

  /** The end of the generation; an item that the limit cut off is incomplete. */
  end(reason: FinishReason): OutputEvent[] {
    if (reason === 'length') return this.#close('incomplete');
    const empty = this.#answered
      ? []
      : this.#begin({ kind: 'message', id: this.#id('message'), text: '', logprobs: [] });
    return [...empty, ...this.#close('completed')];
  }

  #write(kind: 'reasoning' | 'message', text: string, logprobs: readonly TokenLogprob[]): OutputEvent[] {
    const begun = this.#open?.kind === kind ? [] : this.#begin({ kind, id: this.#id(kind), text: '', logprobs: [] });
    return [...begun, ...this.#append(text, logprobs)];
  }

  #call(call: number, callId: string, name = ''): OutputEvent[] {
    return this.#begin({ kind: 'function_call', id: this.#id('function_call'), text: '', call, callId, name });
  }

  #begin(open: Open): OutputEvent[] {
    const closed = this.#close('completed');
    this.#open = open;
    if (open.kind !== 'reasoning') this.#answered = true;
    const item = { ...wireItem(open, 'in_progress'), ...(open.kind !== 'function_call' && { content: [] }) };
    const added = { type: 'response.output_item.added', output_index: this.items.length, item };
    if (open.kind === 'function_call') return [...closed, added];
    return [...closed, added, { type: 'response.content_part.added', ...this.#part(open), part: wirePart(open) }];
  }

  #append(delta: string, logprobs: readonly TokenLogprob[] = []): OutputEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    open.text += delta;
    if (open.kind === 'function_call') {
      return [{ type: 'response.function_call_arguments.delta', ...this.#where(open), delta }];
    }
    for (const one of logprobs) open.logprobs.push(one);
    const scores = open.kind === 'message' && { logprobs: responseLogprobs(logprobs) };
    return [{ type: `response.${partType[open.kind]}.delta`, ...this.#part(open), delta, ...scores }];
  }

  #close(status: Status): OutputEvent[] {
    const open = this.#open;
    if (open === undefined) return [];
    this.#open = undefined;
    const item = wireItem(open, status);
    const done = { type: 'response.output_item.done', output_index: this.items.length, item };
    const events: OutputEvent[] = [];
    if (open.kind === 'function_call') {
      const { name, text } = open;
      events.push({ type: 'response.function_call_arguments.done', ...this.#where(open), name, arguments: text });
    } else {
      const scores = open.kind === 'message' && { logprobs: responseLogprobs(open.logprobs) };
      const type = `response.${partType[open.kind]}.done`;
      events.push({ type, ...this.#part(open), text: open.text, ...scores });
      events.push({ type: 'response.content_part.done', ...this.#part(open), part: wirePart(open) });
    }
    this.items.push(item);
    return [...events, done];
  }

  #id(kind: Open['kind']): string {
    // What is still open will be an item before this one.
    const index = this.items.length + (this.#open === undefined ? 0 : 1);
    return `${idPrefix[kind]}_${this.#replyId}_${index}`;
  }

  #where(open: Open) {
    return { item_id: open.id, output_index: this.items.length };
  }

  #part(open: Open) {
    return { ...this.#where(open), content_index: 0 };
  }
}

/** The output of a finished completion. */
export function outputOf(choice: Choice, replyId: string): readonly object[] {
  const output = new Output(replyId);
  const { text, reasoning, logprobs, toolCalls = [], finishReason } = choice;
  if (reasoning !== undefined) output.add({ type: 'reasoning', index: 0, text: reasoning });
  output.add({ type: 'delta', index: 0, text, ...(logprobs && { logprobs }) });
  for (const [call, { id, name, arguments: argumentsDelta }] of toolCalls.entries()) {
    output.add({ type: 'tool_call', index: 0, call, id, name, argumentsDelta });
  }
  output.end(finishReason);
  return output.items;
}

function wirePart(open: Exclude<Open, { kind: 'function_call' }>): object {
  if (open.kind === 'reasoning') return { type: 'reasoning_text', text: open.text };
  return { type: 'output_text', text: open.text, annotations: [], logprobs: responseLogprobs(open.logprobs) };
}

function wireItem(open: Open, status: Status): object {
  const { kind: type, id } = open;
  switch (open.kind) {
    case 'reasoning':
      return { id, type, status, summary: [], content: [wirePart(open)] };
    case 'message':
      return { id, type, status, role: 'assistant', content: [wirePart(open)] };
    default:
      return { id, type, status, call_id: open.callId, name: open.name, arguments: open.text };
  }
}
