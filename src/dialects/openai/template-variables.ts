import { InferenceError } from '../../contract/errors.ts';
import { isGiven } from '../request.ts';
import type { ChatBody } from './chat-body.ts';

/** What the server itself says to a template. */
const taken = new Set(['messages', 'tools', 'add_generation_prompt', 'bos_token', 'eos_token']);

/**
 * What the body tells the model's chat template. Templates differ in how they hear of thinking (Qwen `enable_thinking`,
 * DeepSeek `thinking`, gpt-oss `reasoning_effort`), so an effort is told in all words; a template that knows none stays as it is.
 * @throws InferenceError invalid_request for the name of something that the server says itself
 */
export function templateVariables(
  body: Pick<ChatBody, 'reasoning_effort' | 'chat_template_kwargs'>,
): Record<string, unknown> | undefined {
  const { reasoning_effort: effort, chat_template_kwargs: given } = body;
  const name = Object.keys(given ?? {}).find((key) => taken.has(key));
  if (name !== undefined) {
    const param = `chat_template_kwargs.${name}`;
    throw new InferenceError('invalid_request', `${param} is said by the server itself; leave it out.`, { param });
  }
  if (!isGiven(effort) && !isGiven(given)) return undefined;
  const thinks = effort !== 'none';
  return { ...(isGiven(effort) && { reasoning_effort: effort, enable_thinking: thinks, thinking: thinks }), ...given };
}
