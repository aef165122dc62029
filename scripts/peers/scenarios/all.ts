import type { Scenario } from '../scenario.ts';
import { agentsScenario } from './agents.ts';
import { hearthOnnx } from '../scenario.ts';
import { clientsScenario, longContextScenario, onnxClientsScenario } from './clients.ts';
import { continuedScenario } from './continued.ts';
import { flaskScenario } from './flask.ts';
import { gapScenario } from './gap.ts';
import { memoryScenario } from './memory.ts';
import { readyScenario } from './ready.ts';
import { restartScenario } from './restart.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...[1, 4, 8, 16, 32].map(clientsScenario),
  longContextScenario,
  agentsScenario({ name: 'agents-500', agents: 8, sharedTokens: 500, contextSize: 2048 }),
  agentsScenario({ name: 'agents-2000', agents: 16, sharedTokens: 2000, contextSize: 4096 }),
  continuedScenario,
  gapScenario,
  memoryScenario,
  restartScenario,
  readyScenario,
  ...[1, 8].map((clients) => flaskScenario(clients)),
  ...[1, 8].map(onnxClientsScenario),
  flaskScenario(8, hearthOnnx),
];
