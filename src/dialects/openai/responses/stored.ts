import { z } from 'zod';
import { InferenceError } from '../../../contract/errors.ts';
import type { StoredResponses } from '../../../contract/stored-responses.ts';
import type { Call } from '../../dialect.ts';
import { readStored } from './conversation.ts';
import type { Stored } from './conversation.ts';
import { inputItemsSchema, responseSchema } from './reply-schemas.ts';

const idWords = { id: 'The id of a response that is stored.' };
const paths = ['/v1/responses/:id', '/responses/:id'];

/** `GET /v1/responses/{id}` */
export const retrieveResponse: Call = {
  kind: 'call',
  method: 'GET',
  paths,
  doc: {
    summary: 'Fetch a stored response',
    params: idWords,
    query: { stream: '`false`: a stored response is whole.' },
    reply: responseSchema,
  },
  async run({ params, query }, { responses }) {
    if (query['stream'] !== undefined && query['stream'] !== 'false') {
      throw refusal('stream', `stream must be false, got ${show(query['stream'])}; a stored response is whole.`);
    }
    return stored(params['id'] ?? '', responses).response;
  },
};

/** `DELETE /v1/responses/{id}`; what goes on from it has its own copy of the conversation. */
export const deleteResponse: Call = {
  kind: 'call',
  method: 'DELETE',
  paths,
  doc: {
    summary: 'Delete a stored response',
    params: idWords,
    reply: z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }),
  },
  async run({ params }, { responses }) {
    const id = params['id'] ?? '';
    stored(id, responses);
    responses.forget(id);
    return { id, object: 'response', deleted: true };
  },
};

const MOST_ITEMS = 100;

/** `GET /v1/responses/{id}/input_items`: the conversation before its output, the newest first unless `order` is `asc`. */
export const listInputItems: Call = {
  kind: 'call',
  method: 'GET',
  paths: paths.map((path) => `${path}/input_items`),
  doc: {
    summary: 'List the conversation before a stored response',
    params: idWords,
    query: {
      limit: `Items of a page, up to ${MOST_ITEMS}; 20 unless given.`,
      order: '`desc` begins with the newest, `asc` with the oldest; `desc` unless given.',
      after: 'The id of the item that the page begins after.',
    },
    reply: inputItemsSchema,
  },
  async run({ params, query }, { responses }) {
    const { input } = stored(params['id'] ?? '', responses);
    const { limit = '20', order = 'desc', after } = query;
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_ITEMS) {
      throw refusal('limit', `limit must be an integer from 1 to ${MOST_ITEMS}, got ${show(limit)}.`);
    }
    if (order !== 'asc' && order !== 'desc') {
      throw refusal('order', `order must be "asc" or "desc", got ${show(order)}.`);
    }
    const items = order === 'asc' ? input : input.toReversed();
    const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && start === 0) {
      throw refusal('after', `after must be the id of an input item, got ${show(after)}.`);
    }
    const data = items.slice(start, start + Number(limit));
    return {
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: start + data.length < items.length,
    };
  },
};

function stored(id: string, responses: StoredResponses): Stored {
  const found = responses.find(id);
  if ('missing' in found) throw new InferenceError('not_found', found.missing);
  return readStored(found.text);
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 64));
}

function refusal(param: string, message: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
