import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage } from '../contract/generate.ts';
import { absent, empty, must, text } from './fields.ts';
import { isGiven } from './request.ts';
import { refuseTooMany, unknownFields } from './unknown-fields.ts';

const part = z.looseObject(
  {
    type: z.literal('text', { error: must('"text"', 'this model reads text only') }),
    text: z.string({ error: must('a string') }),
  },
  { error: must('an object with type and text') },
);

const contentError = must('a string or a list of text parts');
const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const;

const filled = must('a string that is not empty');
const toolCall = z.looseObject(
  {
    id: z.string({ error: filled }).min(1, { error: filled }),
    type: z.literal('function', { error: must('"function"', 'the model calls functions alone') }).nullish(),
    function: z.looseObject(
      {
        name: z.string({ error: filled }).min(1, { error: filled }),
        arguments: z.string({ error: must('a string of JSON') }),
      },
      { error: must('an object with name and arguments') },
    ),
  },
  { error: must('an object with id and function') },
);

const message = z
  .looseObject(
    {
      role: z.enum(roles, { error: must('system, developer, user, assistant or tool') }),
      content: z.union([z.string(), z.array(part).min(1, { error: contentError })], { error: contentError }).nullish(),
      name: text(),
      tool_call_id: text(),
      tool_calls: z.array(toolCall, { error: must('a list of tool calls') }).nullish(),
      function_call: absent('use tool_calls'),
      reasoning_content: text(),
      audio: absent('this model reads text only'),
      refusal: text(),
      annotations: empty('annotations do not reach the model'),
    },
    { error: must('an object with role and content') },
  )
  // Only who called a tool may have said nothing.
  .refine(
    ({ role, content, tool_calls: calls }) => isGiven(content) || (role === 'assistant' && (calls ?? []).length > 0),
    {
      path: ['content'],
      error: (issue) => contentError({ input: contentOf(issue.input) }),
    },
  )
  .refine(({ role, tool_calls: calls }) => role === 'assistant' || (calls ?? []).length === 0, {
    path: ['tool_calls'],
    error: () => 'are for messages of the assistant alone; leave them out',
  });

function contentOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'content' in value ? value.content : undefined;
}

const listError = must('a list of at least one message');

/** A conversation as OpenAI and AgentScope write it; contents are strings or lists of text parts. */
export const messageList = z.array(message, { error: listError }).min(1, { error: listError });

export type WireMessage = z.infer<typeof message>;

/** The messages in the contract's words: text parts are joined. */
export function toChat(messages: readonly WireMessage[]): ChatMessage[] {
  return messages.map(({ role, content, name, tool_call_id: id, tool_calls: calls, reasoning_content: reasoning }) => ({
    role,
    content: typeof content === 'string' ? content : (content ?? []).map((one) => one.text).join(''),
    name: name ?? undefined,
    ...(isGiven(reasoning) && { reasoning }),
    ...(role === 'tool' && isGiven(id) && { toolCallId: id }),
    ...(isGiven(calls) &&
      calls.length > 0 && {
        toolCalls: calls.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
      }),
  }));
}

/** @throws InferenceError invalid_request for the result of a tool that nobody called before */
export function refuseStrayResults(messages: readonly WireMessage[]): void {
  const called = new Set<string>();
  for (const [index, { role, tool_call_id: id, tool_calls: calls }] of messages.entries()) {
    for (const call of calls ?? []) called.add(call.id);
    if (role !== 'tool' || (isGiven(id) && called.has(id))) continue;
    const param = `messages[${index}].tool_call_id`;
    const complaint = isGiven(id)
      ? `${param} ${JSON.stringify(id.slice(0, 64))} is the id of no tool call in an assistant's message before it.`
      : `${param} is missing; a tool's message names the call that it answers.`;
    throw new InferenceError('invalid_request', complaint, { param });
  }
}

/**
 * Unknown fields of the messages, named as they first occur: `messages[0].x`. Each name is judged once, because every
 * message of a long conversation may have it. @throws as `unknownFields`
 */
export function unknownInMessages(messages: readonly WireMessage[], key: string, mode: 'refuse' | 'warn'): string[] {
  const known = Object.keys(message.shape);
  const seen = new Set(known);
  const unknown: string[] = [];
  for (const [index, one] of messages.entries()) {
    const fresh = Object.keys(one).filter((name) => !seen.has(name));
    if (fresh.length === 0) continue;
    for (const name of fresh) seen.add(name);
    const fields = Object.fromEntries(fresh.map((name) => [name, true]));
    unknown.push(...unknownFields(fields, known, mode, `${key}[${index}].`));
    refuseTooMany(unknown.length);
  }
  return unknown;
}
