import type { Answer, Ask, AskMessage } from './target.ts';
import { wordText } from './words.ts';

/** What the clients of a level ask; `ask` and `onAnswer` are those of `LoadOptions`. */
export interface Workload {
  ask(client: number, turn: number): Ask;
  onAnswer(client: number, turn: number, answer: Answer): void;
}

export interface ChatOptions {
  /** Words of a prompt, about a token each. */
  promptTokens: number;
  maxTokens: number;
  /** The same seed gives the same prompts; it must be another for each level, or a server finds them in its cache. */
  seed: string;
}

export interface AgentsOptions extends ChatOptions {
  /** Words of the system prompt that all agents share; 0 for none. */
  sharedTokens: number;
  /** Requests of an agent's conversation; then the client plays a new agent. */
  turns: number;
}

/** Single questions, each another text from its first words on, so that nothing of them is cached. */
export function chatWorkload({ promptTokens, maxTokens, seed }: ChatOptions): Workload {
  return {
    ask: (client, turn) => ({
      prompt: wordText(promptTokens, `${seed}/${client}/${turn}`),
      maxTokens,
      ignoreEos: true,
    }),
    onAnswer() {},
  };
}

/**
 * Agents, one a client at a time, under one system prompt; each turn adds a message of `promptTokens` words to the agent's
 * own conversation, which holds the real replies. An agent whose request failed is given up for a new one.
 */
export function agentsWorkload(options: AgentsOptions): Workload {
  const { promptTokens, maxTokens, sharedTokens, turns, seed } = options;
  const shared: AskMessage[] =
    sharedTokens === 0 ? [] : [{ role: 'system', content: wordText(sharedTokens, `${seed}/shared`) }];
  const talks = new Map<number, { messages: AskMessage[]; asked: number }>();
  return {
    ask(client, turn) {
      let talk = talks.get(client);
      if (talk === undefined || talk.asked === turns || talk.messages.at(-1)?.role === 'user') {
        talk = { messages: [...shared], asked: 0 };
        talks.set(client, talk);
      }
      talk.asked += 1;
      talk.messages.push({ role: 'user', content: wordText(promptTokens, `${seed}/${client}/${turn}`) });
      return { prompt: [...talk.messages], maxTokens, ignoreEos: true };
    },
    onAnswer(client, _turn, { text }) {
      talks.get(client)?.messages.push({ role: 'assistant', content: text });
    },
  };
}
