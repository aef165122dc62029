import { hearth, type Contestant, type Scenario } from '../scenario.ts';
import { throughput } from './clients.ts';

const promptWords = 104;
const requestsOfEach = 3;

/** `/llm/` against the Flask service, by a number of requests: a slow service would answer none within a window. */
export function flaskScenario(clients: number, ours: Contestant = hearth): Scenario {
  return {
    name: ours.onnx === true ? `onnx-flask-${clients}` : `flask-${clients}`,
    slots: 8,
    contextSize: 2048,
    contestants: [ours, { name: 'flask', server: 'flask' }],
    fresh: false,
    async measure({ target }, { seed, short }) {
      const requests = short ? 1 : clients * requestsOfEach;
      return await throughput(target, { clients: short ? 1 : clients, promptWords, seed, extent: { requests } });
    },
  };
}
