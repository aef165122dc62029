import { InferenceError } from '../../src/contract/errors.ts';
import type { GenerateEvent, GenerateRequest, GenerateResult } from '../../src/contract/generate.ts';
import type { StoredResponses } from '../../src/contract/stored-responses.ts';
import type { Dialect, Generation, Parsed, ReplyInfo } from '../../src/dialects/dialect.ts';
import { parseBody } from '../../src/dialects/explain.ts';
import { sse } from '../../src/http/send.ts';

export const info: ReplyInfo = { requestId: 'r1', replyId: 'u1', model: 'fake', created: 1_700_000_000, headers: {} };

export const result: GenerateResult = {
  choices: [
    { text: 'Paris', finishReason: 'stop' },
    { text: 'Lyon', finishReason: 'length' },
  ],
  usage: { promptTokens: 5, completionTokens: 4, cachedTokens: 3 },
  timings: { queueMs: 1, firstTokenMs: 2, totalMs: 3 },
};

/** Its `timings` on the wire. */
export const wireTimings = {
  cache_n: 3,
  prompt_n: 2,
  prompt_ms: 1,
  prompt_per_token_ms: 0.5,
  prompt_per_second: 2000,
  predicted_n: 4,
  predicted_ms: 1,
  predicted_per_token_ms: 0.25,
  predicted_per_second: 4000,
};

/** The events of that result. */
export const events: readonly GenerateEvent[] = [
  { type: 'start', promptTokens: 5 },
  { type: 'delta', index: 0, text: 'Par' },
  { type: 'delta', index: 1, text: 'Ly\n' },
  { type: 'delta', index: 0, text: 'is' },
  { type: 'finish', index: 0, reason: 'stop' },
  { type: 'delta', index: 1, text: 'on' },
  { type: 'finish', index: 1, reason: 'length' },
  { type: 'done', usage: result.usage, timings: result.timings },
];

/** The generation of a dialect that has one. */
export function generationOf(dialect: Dialect): Generation<unknown> {
  for (const route of dialect.routes) if (route.kind === 'generation') return route;
  throw new Error(`${dialect.name} has no generation`);
}

/** A dialect with the routes of one path alone. */
export function at(dialect: Dialect, path: string): Dialect {
  return { ...dialect, routes: dialect.routes.filter(({ paths }) => paths.includes(path)) };
}

const nothing: Pick<StoredResponses, 'find'> = {
  find: (id) => ({ missing: `The response ${id} is not stored here.` }),
};

/** A body's way to its request, as the mount goes it. */
export function parse(
  dialect: Dialect,
  body: unknown,
  params: Record<string, string> = {},
  stored: Pick<StoredResponses, 'find'> = nothing,
): Parsed {
  const route = generationOf(dialect);
  return route.parse(parseBody(route.body, body), params, stored);
}

/** The request of a body, with the fields that are undefined left out. */
export function requestOf(
  dialect: Dialect,
  body: unknown,
  params: Record<string, string> = {},
): Partial<GenerateRequest> {
  return asSent(parse(dialect, body, params).request);
}

/** A request without the fields that are undefined. */
export function asSent(request: GenerateRequest): Partial<GenerateRequest> {
  const { prompt } = request;
  const sent = {
    ...request,
    prompt: prompt.kind === 'chat' ? defined({ ...prompt, messages: prompt.messages.map(defined) }) : prompt,
  };
  return defined(sent);
}

function defined<Value extends object>(value: Value): Value {
  const copy = { ...value };
  for (const [key, one] of Object.entries(copy)) if (one === undefined) Reflect.deleteProperty(copy, key);
  return copy;
}

/** The error that a body gets. @throws Error when it gets none */
export function refusal(dialect: Dialect, body: unknown, params: Record<string, string> = {}): InferenceError {
  try {
    parse(dialect, body, params);
  } catch (error) {
    if (error instanceof InferenceError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(body)}`);
}

export function render(dialect: Dialect, body: unknown, of: GenerateResult = result): unknown {
  const route = generationOf(dialect);
  return route.render(of, parseBody(route.body, body), info);
}

/** The stream's text, byte for byte. */
export async function streamText(
  dialect: Dialect,
  body: unknown,
  of: readonly GenerateEvent[] = events,
): Promise<string> {
  const route = generationOf(dialect);
  let text = '';
  for await (const frame of route.frames(replay(of), parseBody(route.body, body), info)) text += sse(frame);
  return text;
}

async function* replay(of: readonly GenerateEvent[]): AsyncGenerator<GenerateEvent> {
  yield* of;
}
