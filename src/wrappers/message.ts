import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';

/** A message as agents and clients write it. */
export interface Message {
  role: string;
  content: string;
  /** Who speaks, where several share a role. */
  name?: string | undefined;
}

/** A prompt as it is, a message, or a conversation. */
export type ModelInput = string | Message | readonly Message[];

const message = z.looseObject({
  role: z.string({ error: 'must have a role that is a string' }),
  content: z.string({ error: 'must have a content that is a string' }),
  name: z.string({ error: 'has a name that is no string' }).optional(),
});

/**
 * The messages of an input; a string is what the user says.
 * @throws InferenceError invalid_request for an empty list or what is no message
 */
export function toMessages(input: ModelInput): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (list.length === 0) throw refusal('The list of messages is empty; send at least one.', 'messages');
  return list.map((one, index) => {
    const result = message.safeParse(one);
    if (!result.success) {
      const [issue] = result.error.issues;
      const what =
        issue?.path.length === 0 ? 'must be an object with role and content' : (issue?.message ?? 'is wrong');
      throw refusal(`messages[${index}] ${what}.`, `messages[${index}]`);
    }
    const { role, content, name } = result.data;
    return { role, content, ...(name !== undefined && { name }) };
  });
}

/** The input as it goes over the wire of `post_api`: a string stays one, messages become a list. @throws as `toMessages` */
export function toPrompt(input: ModelInput): string | Message[] {
  return typeof input === 'string' ? input : toMessages(input);
}

/** The texts of an input that is no conversation. @throws InferenceError invalid_request */
export function toTexts(input: ModelInput | readonly string[], what: string): string[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (list.length === 0) throw refusal(`${what} takes at least one text.`, 'input');
  return list.map((one, index) => {
    if (typeof one === 'string') return one;
    const result = message.safeParse(one);
    if (result.success) return result.data.content;
    throw refusal(`${what} takes texts, but input[${index}] is none.`, `input[${index}]`);
  });
}

function refusal(text: string, param: string): InferenceError {
  return new InferenceError('invalid_request', text, { param });
}
