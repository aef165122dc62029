import type { ChatMessage } from '../../../contract/generate.ts';
import type { ToolCall } from '../../../contract/tools.ts';
import { isMessage } from './items.ts';
import type { Content, Item } from './items.ts';

type Turn = ChatMessage & { toolCalls?: ToolCall[] };

/**
 * Items as messages for the model's chat template. What the assistant thought, said and called in one turn is one message,
 * as it is in the conversation that the template was made for, so that the next prompt begins with the tokens of this turn.
 */
export function toMessages(items: readonly Item[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let turn: Turn | undefined;
  let rank = 0;
  for (const item of items) {
    const other = notAssistant(item);
    if (other !== undefined) {
      messages.push(other);
      turn = undefined;
      continue;
    }
    const next = rankOf(item);
    if (turn === undefined || next < rank || (next === rank && item.type !== 'function_call')) {
      turn = { role: 'assistant', content: '' };
      messages.push(turn);
    }
    rank = next;
    add(turn, item);
  }
  return messages;
}

/** Where an item stands in a turn of the assistant, who thinks, speaks and calls in this order. */
function rankOf(item: Item): number {
  if (isMessage(item)) return 1;
  return item.type === 'reasoning' ? 0 : 2;
}

/** The message of an item that is not the assistant's. */
function notAssistant(item: Item): ChatMessage | undefined {
  if (isMessage(item)) {
    return item.role === 'assistant' ? undefined : { role: item.role, content: textOf(item.content) };
  }
  if (item.type !== 'function_call_output') return undefined;
  return { role: 'tool', content: textOf(item.output), toolCallId: item.call_id };
}

function add(turn: Turn, item: Item): void {
  if (isMessage(item)) {
    turn.content = textOf(item.content);
  } else if (item.type === 'function_call') {
    (turn.toolCalls ??= []).push({ id: item.call_id, name: item.name, arguments: item.arguments });
  } else if (item.type === 'reasoning') {
    // A summary stands in for thoughts that were not told.
    const thoughts = item.content ?? [];
    const told = (thoughts.length > 0 ? thoughts : (item.summary ?? [])).map(({ text }) => text).join('');
    if (told !== '') turn.reasoning = told;
  }
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('');
}
