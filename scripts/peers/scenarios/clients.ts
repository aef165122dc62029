import { runLoad, type Extent } from '../../../src/bench/load.ts';
import { summarize } from '../../../src/bench/summary.ts';
import type { Target } from '../../../src/bench/target.ts';
import { chatWorkload } from '../../../src/bench/workloads.ts';
import { hearth, hearthOnnx, llamaServer, type Scenario } from '../scenario.ts';

/** With the template's own words about 104 prompt tokens of chat. */
const promptWords = 70;
const newTokens = 64;

/** A closed loop of clients whose prompts have nothing in common but the template's beginning. */
export function clientsScenario(clients: number): Scenario {
  return {
    name: `clients-${clients}`,
    slots: Math.max(8, clients),
    contextSize: 2048,
    contestants: [hearth, llamaServer],
    fresh: false,
    chooseBy: { figure: 'tokensPerSecond', wants: 'high' },
    async measure({ target }, { seconds, seed, short }) {
      const durationMs = 1000 * (short ? Math.min(seconds, 5) : seconds);
      return await throughput(target, { clients, promptWords, seed, extent: { durationMs } });
    },
  };
}

/** The same on the ONNX engine, with llama-server beside it on the GGUF file of the same weights. */
export function onnxClientsScenario(clients: number): Scenario {
  return { ...clientsScenario(clients), name: `onnx-${clients}`, contestants: [hearthOnnx, hearth, llamaServer] };
}

/** Four clients whose prompts nearly fill 4,096 tokens. */
export const longContextScenario: Scenario = {
  name: 'context-4k',
  slots: 4,
  contextSize: 4096,
  contestants: [hearth, llamaServer],
  fresh: false,
  chooseBy: { figure: 'tokensPerSecond', wants: 'high' },
  async measure({ target }, { seed, short }) {
    const extent = { requests: short ? 4 : 8 };
    return await throughput(target, { clients: 4, promptWords: 3600, seed, extent });
  },
};

interface Load {
  clients: number;
  promptWords: number;
  seed: string;
  extent: Extent;
}

/** @throws the first failure: a figure without its failed requests would flatter */
export async function throughput(target: Target, load: Load): Promise<{ tokensPerSecond: number }> {
  const { clients, seed, extent } = load;
  const { ask } = chatWorkload({ promptTokens: load.promptWords, maxTokens: newTokens, seed });
  const result = await runLoad(target, { clients, ask, ...extent });
  const failure = result.failures[0];
  if (failure !== undefined) throw failure.error;
  return { tokensPerSecond: summarize(result).outputTokensPerSecond };
}
