import { readsBetween, serverReads } from '../../../src/bench/prompt-reads.ts';
import type { Answer } from '../../../src/bench/target.ts';
import { agentsWorkload } from '../../../src/bench/workloads.ts';
import { hearth, llamaServer, type Scenario } from '../scenario.ts';

interface Agents {
  name: string;
  agents: number;
  sharedTokens: number;
  contextSize: number;
}

const turnWords = 20;
const newTokens = 32;

/** Agents that begin at once under one system prompt, which no round shares with another. */
export function agentsScenario({ name, agents, sharedTokens, contextSize }: Agents): Scenario {
  return {
    name,
    slots: agents,
    contextSize,
    contestants: [hearth, llamaServer],
    fresh: false,
    chooseBy: { figure: 'wallSeconds', wants: 'low' },
    async measure({ server, target }, { seed, short }) {
      const turns = short ? 1 : 4;
      const count = short ? Math.min(agents, 4) : agents;
      const workload = agentsWorkload({ promptTokens: turnWords, maxTokens: newTokens, sharedTokens, turns, seed });
      const counters = serverReads(server.url, undefined);
      const before = await counters();
      const beganAt = performance.now();
      const answers = await Promise.all(
        Array.from({ length: count }, async (_, agent) => {
          const talk: Answer[] = [];
          for (let turn = 0; turn < turns; turn += 1) {
            const answer = await target.ask(workload.ask(agent, turn));
            workload.onAnswer(agent, turn, answer);
            talk.push(answer);
          }
          return talk;
        }),
      );
      const wallSeconds = (performance.now() - beganAt) / 1000;
      const counted = readsBetween(before, await counters());
      // A server without these counters tells each request's prompt and what of it was cached.
      const told = answers
        .flat()
        .reduce((sum, { promptTokens = Number.NaN, cachedTokens = 0 }) => sum + promptTokens - cachedTokens, 0);
      return {
        wallSeconds,
        promptTokensRead: counted?.read ?? told,
        ...(counted !== undefined && { promptTokensUnique: counted.unique }),
      };
    },
  };
}
