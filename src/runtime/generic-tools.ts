import type { ChatMessage } from '../contract/generate.ts';
import type { Tool, ToolCall } from '../contract/tools.ts';

/**
 * Says in plain messages what a template without tools cannot: the tools in the system message, calls and their results in
 * the form that the system message teaches. It is that of Hermes (tool-formats.ts), which many small models have seen.
 */
export function withoutTools(messages: readonly ChatMessage[], tools: readonly Tool[]): ChatMessage[] {
  const plain = joinResults(messages).map(({ role, name, reasoning, content, toolCalls = [] }) => ({
    role,
    name,
    reasoning,
    content: [content, ...toolCalls.map(callText)].filter((text) => text !== '').join('\n'),
  }));
  if (tools.length === 0) return plain;
  const [first, ...rest] = plain;
  const description = toolsText(tools);
  return first?.role === 'system' || first?.role === 'developer'
    ? [{ ...first, content: `${first.content}\n\n${description}` }, ...rest]
    : [{ role: 'system', content: description }, ...plain];
}

/** Results that follow each other come in one message, because many templates want user and assistant in turns. */
function joinResults(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  let results: string[] = [];
  for (const message of [...messages, undefined]) {
    if (message?.role === 'tool') {
      results.push(`<tool_response>\n${message.content}\n</tool_response>`);
      continue;
    }
    if (results.length > 0) joined.push({ role: 'user', content: results.join('\n') });
    results = [];
    if (message) joined.push(message);
  }
  return joined;
}

function callText({ name, arguments: given }: ToolCall): string {
  return `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${given}}\n</tool_call>`;
}

function toolsText(tools: readonly Tool[]): string {
  const lines = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  return `You can call tools. Here they are, one a line, with the JSON Schema of their arguments:
<tools>
${lines.join('\n')}
</tools>

To call a tool, write its name and its arguments like this:
<tool_call>
{"name": "the tool's name", "arguments": {"an argument": "its value"}}
</tool_call>
The result comes in the next message within <tool_response></tool_response>. Where no tool helps, answer in words.`;
}
