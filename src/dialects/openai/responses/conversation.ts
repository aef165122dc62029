import { InferenceError } from '../../../contract/errors.ts';
import type { StoredResponses } from '../../../contract/stored-responses.ts';
import { isGiven } from '../../request.ts';
import type { ResponsesBody } from './body.ts';
import { isMessage } from './items.ts';
import type { Item, WireItem } from './items.ts';
import { responseId } from './reply.ts';
import type { ReplyInfo } from '../../dialect.ts';

/** What is kept of a response: what clients fetch, and the whole conversation before its output. */
export interface Stored {
  response: { output: Item[] } & Record<string, unknown>;
  input: Item[];
}

type Find = Pick<StoredResponses, 'find'>;

/** The texts of the store are all written by `storedText`. */
export function readStored(text: string): Stored {
  return JSON.parse(text) as Stored;
}

export function storedText(
  response: object,
  conversation: readonly Item[],
  info: ReplyInfo,
): { id: string; text: string } {
  return {
    id: responseId(info),
    text: JSON.stringify({ response, input: conversation.map((item, at) => kept(item, at, info)) }),
  };
}

/** An input item as clients fetch it: all have an id and a type, and contents are lists. */
function kept(item: Item, at: number, { replyId }: ReplyInfo): object {
  const type = item.type ?? 'message';
  const id = item.id ?? `${prefixes[type]}_${replyId}_i${at}`;
  const status = item.status ?? 'completed';
  if (!isMessage(item) || typeof item.content !== 'string') return { ...item, id, type, status };
  const text = item.content;
  const part =
    item.role === 'assistant' ? { type: 'output_text', text, annotations: [] } : { type: 'input_text', text };
  return { ...item, id, type, status, content: [part] };
}

const prefixes = { message: 'msg', function_call: 'fc', function_call_output: 'fco', reasoning: 'rs' };

/**
 * The conversation that a body is about, instructions aside: what it goes on from, and its own input.
 * @throws InferenceError previous_response_not_found; invalid_request for no input at all, a reference to an item that is not
 * stored, and the result of a call that nobody made
 */
export function conversationOf(body: ResponsesBody, stored: Find): Item[] {
  const { input, previous_response_id: previous } = body;
  const earlier = isGiven(previous) ? goOn(previous, stored) : [];
  const own: WireItem[] =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : (input ?? []);
  if (own.length === 0 && earlier.length === 0) {
    const got = isGiven(input) ? 'an empty list' : 'nothing';
    throw refusal(`input must be a string or a list of at least one item, got ${got}.`, 'input');
  }
  const items = [...earlier];
  const ids = new Set(earlier.map(({ id }) => id));
  const called = new Set(earlier.flatMap((item) => (item.type === 'function_call' ? [item.call_id] : [])));
  const lookUp = createLookUp(stored);
  for (const [index, one] of own.entries()) {
    // What the conversation has already is not said twice.
    if (one.type === 'item_reference' && ids.has(one.id)) continue;
    const item = one.type === 'item_reference' ? lookUp(one.id, `input[${index}].id`) : one;
    if (item.type === 'function_call') called.add(item.call_id);
    if (item.type === 'function_call_output' && !called.has(item.call_id)) {
      const param = `input[${index}].call_id`;
      const id = JSON.stringify(item.call_id.slice(0, 64));
      throw refusal(`${param} ${id} is the call_id of no function_call before it.`, param);
    }
    ids.add(item.id);
    items.push(item);
  }
  return items;
}

function goOn(id: string, stored: Find): Item[] {
  const found = stored.find(id);
  if ('missing' in found) {
    throw new InferenceError('previous_response_not_found', found.missing, { param: 'previous_response_id' });
  }
  const { response, input } = readStored(found.text);
  return [...input, ...response.output];
}

/** Finds items that are referred to; an id tells its response (output.ts), which is read once for all of its items. */
function createLookUp(stored: Find): (id: string, param: string) => Item {
  const read = new Map<string, Map<string | null | undefined, Item>>();
  return (id, param) => {
    const core = /^[a-z]+_([0-9a-z]+)_i?\d+$/.exec(id)?.[1] ?? '';
    let items = read.get(core);
    if (items === undefined) {
      const found = stored.find(`resp_${core}`);
      const { response, input } = 'text' in found ? readStored(found.text) : { response: { output: [] }, input: [] };
      items = new Map([...input, ...response.output].map((item) => [item.id, item]));
      read.set(core, items);
    }
    const item = items.get(id);
    if (item !== undefined) return item;
    const name = JSON.stringify(id.slice(0, 100));
    throw refusal(`${param} ${name} is the id of no stored item; send the item itself.`, param);
  };
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
