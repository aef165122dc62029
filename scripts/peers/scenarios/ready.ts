import { hearth, llamaServer, type Scenario } from '../scenario.ts';

/** From the start of the process to the first answer. */
export const readyScenario: Scenario = {
  name: 'ready',
  slots: 8,
  contextSize: 2048,
  contestants: [hearth, llamaServer],
  fresh: true,
  async measure({ server }) {
    return { readySeconds: server.readyMs / 1000 };
  },
};
