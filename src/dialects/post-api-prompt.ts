import { InferenceError } from '../contract/errors.ts';
import type { DialectSettings } from './dialect.ts';

/** The fields of `/llm/` that may hold the prompt: AgentScope's two, and the one that the settings add. */
export function promptKeys({ messagesKey }: DialectSettings): readonly string[] {
  const keys = ['inputs', 'messages'];
  return messagesKey === undefined || keys.includes(messagesKey) ? keys : [...keys, messagesKey];
}

/**
 * The one prompt of a body whose schema has checked every prompt key; their names are settings, so that its type cannot
 * say it.
 * @param isPrompt whether a value is one, and not left out
 * @param expected what the prompt may be
 * @throws InferenceError invalid_request for none or two
 */
export function onePrompt<Prompt>(
  body: Record<string, unknown>,
  keys: readonly string[],
  isPrompt: (value: unknown) => value is Prompt,
  expected: string,
): { key: string; value: Prompt } {
  const [first, second] = keys.flatMap((key) => {
    const value = body[key];
    return isPrompt(value) ? [{ key, value }] : [];
  });
  if (first === undefined) {
    const message = `The prompt is missing; give ${expected} under ${keys.join(' or ')}.`;
    throw new InferenceError('invalid_request', message, { param: keys[0] });
  }
  if (second !== undefined) {
    const message = `${first.key} and ${second.key} both hold a prompt; give one of them.`;
    throw new InferenceError('invalid_request', message, { param: second.key });
  }
  return first;
}
