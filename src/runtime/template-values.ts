import type { ChatMessage } from '../contract/generate.ts';
import type { Tool } from '../contract/tools.ts';

/** Messages as chat templates know them from Transformers' apply_chat_template. @param idLength as in ToolFormat */
export function templateMessages(messages: readonly ChatMessage[], idLength: number | undefined): object[] {
  return messages.map(({ role, content, name, reasoning, toolCalls, toolCallId }) => ({
    role,
    content,
    ...(name !== undefined && { name }),
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolCallId !== undefined && { tool_call_id: ofLength(toolCallId, idLength) }),
    ...(toolCalls !== undefined && {
      tool_calls: toolCalls.map((call) => ({
        id: ofLength(call.id, idLength),
        type: 'function',
        function: { name: call.name, arguments: parsed(call.arguments) },
      })),
    }),
  }));
}

/** Tools as chat templates know them. */
export function templateTools(tools: readonly Tool[]): object[] {
  return tools.map(({ name, description = '', parameters = { type: 'object', properties: {} } }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));
}

/** Templates write arguments as JSON, so they want them parsed; what is no JSON stays a string. */
function parsed(given: string): unknown {
  try {
    const value: unknown = JSON.parse(given);
    return typeof value === 'object' && value !== null ? value : given;
  } catch {
    return given;
  }
}

/** An id of so many letters and digits, the same for the same id: other servers' ids come in histories. */
function ofLength(id: string, length: number | undefined): string {
  if (length === undefined || (id.length === length && /^[a-zA-Z0-9]*$/.test(id))) return id;
  // FNV-1a, twice with other beginnings for enough digits; it only has to tell a conversation's ids apart.
  const digits = hash(id, 0x811c9dc5).toString(36) + hash(id, 0x01000193).toString(36);
  return digits.padStart(length, '0').slice(-length);
}

function hash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
