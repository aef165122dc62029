import type { Message } from '../wrappers/message.ts';
import type { Msg } from './msg.ts';

/**
 * What an agent's model reads: the system prompt, then the memory, the agent's own words as the assistant's and all others' as
 * the user's. Chat templates take one message of the user at a time, so those that follow each other are joined; where there
 * are several speakers, each of their lines begins with its name.
 */
export function modelMessages(name: string, sysPrompt: string | undefined, memory: readonly Msg[]): Message[] {
  const messages: Message[] = sysPrompt === undefined ? [] : [{ role: 'system', content: sysPrompt }];
  const others = new Set(memory.filter((msg) => msg.name !== name).map((msg) => msg.name));
  for (const msg of memory) {
    if (msg.name === name) {
      messages.push({ role: 'assistant', content: msg.content });
      continue;
    }
    const content = others.size > 1 ? `${msg.name}: ${msg.content}` : msg.content;
    const last = messages.at(-1);
    if (last?.role === 'user') last.content += `\n${content}`;
    else messages.push({ role: 'user', content });
  }
  return messages;
}
