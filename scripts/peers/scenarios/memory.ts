import { setTimeout as sleep } from 'node:timers/promises';
import { hearth, llamaServer, type Scenario } from '../scenario.ts';
import { throughput } from './clients.ts';

const slots = 8;
const restSeconds = 10;

/** Resident memory after requests on all slots: at most, and at rest (the least of some idle seconds). */
export const memoryScenario: Scenario = {
  name: 'memory',
  slots,
  contextSize: 2048,
  contestants: [hearth, llamaServer],
  fresh: true,
  async measure({ server, target }, { seed }) {
    await throughput(target, { clients: slots, promptWords: 600, seed, extent: { requests: 2 * slots } });
    const { peakMiB } = server.memory();
    let steadyMiB = Infinity;
    for (let second = 0; second < restSeconds; second += 1) {
      await sleep(1000);
      steadyMiB = Math.min(steadyMiB, server.memory().nowMiB);
    }
    return { peakMiB, steadyMiB };
  },
};
