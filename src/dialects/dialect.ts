import type { ZodType } from 'zod';
import type { InferenceError } from '../contract/errors.ts';
import type { GenerateEvent, GenerateRequest, GenerateResult, Sampling } from '../contract/generate.ts';
import type { Services, Task } from '../contract/model.ts';
import type { StoredResponses } from '../contract/stored-responses.ts';

/** What a reply says of itself. */
export interface ReplyInfo {
  /** The request's id, also in `x-request-id`. */
  requestId: string;
  /** An id that the server made for this reply alone, in letters and digits: clients choose the request's, and may guess it. */
  replyId: string;
  /** The id of the model that answers. */
  model: string;
  /** Unix seconds at which the request came in. */
  created: number;
  /** The request's headers, names in lower case: some clients say what they can read. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What the server's settings say for requests that are silent. */
  defaults?: { [Name in keyof Sampling]?: Sampling[Name] | undefined } | undefined;
}

/** One frame of a stream: `text` is sent as it is, `json` serialized, under an event's name where it has one. */
export type Frame = { json: unknown; event?: string } | { text: string };

export interface Parsed {
  request: GenerateRequest;
  stream: boolean;
  /** Fields that are not known and were left out; logged once and returned in `x-hearth-ignored`. */
  ignored: readonly string[];
  /** What is to be kept of the reply, once it is whole and before its end is told; undefined keeps nothing. */
  keep?: ((result: GenerateResult, info: ReplyInfo) => { id: string; text: string }) | undefined;
}

/** A stream that fails. */
export interface Broken<Body> {
  body: Body;
  info: ReplyInfo;
  /** Frames that went out before. */
  frames: number;
}

/** What the API's document (`GET /openapi.json`) tells of a route beside its paths and its body's schema. */
export interface RouteDoc {
  /** What it is for, in a few words without a full stop. */
  summary: string;
  /** What else a user should know, in CommonMark. */
  description?: string;
  /** A body that works as it is. */
  example?: unknown;
  /** The JSON reply; left out where every request is answered with an error. */
  reply?: ZodType;
  /** What each `data:` line of the stream holds, `[DONE]` aside; left out where the route never streams. */
  frame?: ZodType;
  /** What the path's parameters mean, by name. */
  params?: Readonly<Record<string, string>>;
  /** What may stand behind the path's question mark, by name. */
  query?: Readonly<Record<string, string>>;
}

/** A route that generates. Pure: no I/O, no state of its own. */
export interface Generation<Body> {
  kind: 'generation';
  doc?: RouteDoc;
  method: 'POST';
  /** Express 5 paths. */
  paths: readonly string[];
  body: ZodType<Body>;
  /**
   * @param params the path's parameters, decoded
   * @param stored earlier replies, for a body that goes on from one
   * @throws InferenceError invalid_request, previous_response_not_found
   */
  parse(body: Body, params: Readonly<Record<string, string>>, stored: Pick<StoredResponses, 'find'>): Parsed;
  /** The JSON reply. */
  render(result: GenerateResult, body: Body, info: ReplyInfo): unknown;
  /** The frames of the SSE stream. */
  frames(events: AsyncIterable<GenerateEvent>, body: Body, info: ReplyInfo): AsyncIterable<Frame>;
  /** The frame that tells a failure after the headers went out. */
  errorFrame(error: InferenceError, broken: Broken<Body>): Frame;
  /** Who answers in its place where the model that is asked generates no text; their paths are those of the route. */
  otherTasks?: OtherTasks;
}

/** What a route of text does with models that do something else. */
export interface OtherTasks {
  /** The model that a request asks for, before its body is checked. */
  asked(body: unknown, params: Readonly<Record<string, string>>): string | undefined;
  calls: Partial<Record<Task, Call<unknown>>>;
}

/** What a call is given. */
export interface CallInput<Body> {
  /** The path's parameters, decoded. */
  params: Readonly<Record<string, string>>;
  /** What stands behind the path's question mark, decoded; of a name given twice the first. */
  query: Readonly<Record<string, string>>;
  /** What the call's schema made of the body; undefined for a call without one. */
  body: Body;
  /** Aborted when the client leaves, the request times out or the server ends. */
  signal: AbortSignal;
  /** An id that the server made for the reply alone, and the Unix seconds at which the request came in. */
  reply: { id: string; created: number };
  /** Tells the log and the metrics which model works on this, and then how many tokens it was given after what wait. */
  note(told: { model: string; promptTokens?: number; queueMs?: number }): void;
}

/** A route that does not generate: one JSON reply, or its progress. */
export interface Call<Body = undefined> {
  kind: 'call';
  doc?: RouteDoc;
  method: 'GET' | 'POST' | 'DELETE';
  /** Express 5 paths. */
  paths: readonly string[];
  /** A call with a schema takes a JSON body. */
  body?: ZodType<Body>;
  /** Fields of the body that are not known and were left out. @throws InferenceError invalid_request */
  ignored?(body: Body): readonly string[];
  /** @throws InferenceError */
  run(input: CallInput<Body>, services: Services): Promise<unknown>;
  /** For a call that can tell how far it is, as server-sent events in place of the one reply. */
  progress?: {
    wanted(body: Body): boolean;
    frames(input: CallInput<Body>, services: Services): AsyncIterable<Frame>;
    /** The frame that tells a failure after the headers went out. */
    errorFrame(error: InferenceError): Frame;
  };
}

/** The mount hands a route only bodies that its own schema has parsed. */
export type Route = Generation<unknown> | Call<unknown>;

export interface Dialect {
  name: string;
  /** The paths under which all errors are answered in this dialect's form: `/v1`. */
  prefixes: readonly string[];
  routes: readonly Route[];
  /** For the API's document: whose language this is, and the body that `error` makes. */
  doc?: { summary: string; error: ZodType };
  error(error: InferenceError): { status: number; body: unknown };
}

export interface DialectSettings {
  /** What to do with a field that nobody knows; undefined leaves each dialect its own default. */
  unknownFields: 'refuse' | 'warn' | undefined;
  /** A further key under which `/llm/` takes its prompt. */
  messagesKey: string | undefined;
  /** Whether a string on `/llm/` goes to the model as it is or as one user message. */
  stringPrompt: 'raw' | 'chat';
}

export type CreateDialect = (settings: DialectSettings) => Dialect;
