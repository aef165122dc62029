import { z } from 'zod';
import type { ChatMessage } from '../contract/generate.ts';
import { absent, empty, must, text } from './fields.ts';
import { refuseTooMany, unknownFields } from './unknown-fields.ts';

const part = z.looseObject(
  {
    type: z.literal('text', { error: must('"text"', 'this server reads text only') }),
    text: z.string({ error: must('a string') }),
  },
  { error: must('an object with type and text') },
);

const contentError = must('a string or a list of text parts');
const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const;

const message = z.looseObject(
  {
    role: z.enum(roles, { error: must('system, developer, user, assistant or tool') }),
    content: z.union([z.string(), z.array(part).min(1, { error: contentError })], { error: contentError }),
    name: text(),
    tool_call_id: text(),
    tool_calls: empty('tool calls are not supported yet'),
    function_call: absent('function calls are not supported yet'),
    audio: absent('this server reads text only'),
    refusal: text(),
    annotations: empty('annotations do not reach the model'),
  },
  { error: must('an object with role and content') },
);

const listError = must('a list of at least one message');

/** A conversation as OpenAI and AgentScope write it; contents are strings or lists of text parts. */
export const messageList = z.array(message, { error: listError }).min(1, { error: listError });

export type WireMessage = z.infer<typeof message>;

/** The messages in the contract's words: developer becomes system, text parts are joined. */
export function toChat(messages: readonly WireMessage[]): ChatMessage[] {
  return messages.map(({ role, content, name }) => ({
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map((one) => one.text).join(''),
    name: name ?? undefined,
  }));
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
