// Started by watched-server.ts.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { serveReal } from './real-server.ts';

const served = await serveReal({ contextSize: 8192, parallel: 1, threads: 1 });
const resolution = 1;
const delay = monitorEventLoopDelay({ resolution });
delay.enable();

process.on('message', (message) => {
  if (message === 'stop') {
    void served.close().then(() => process.disconnect());
    return;
  }
  if (message === 'block') {
    const until = performance.now() + 100;
    while (performance.now() < until);
    return;
  }
  // What is being blocked now is counted when the loop has gone round.
  setTimeout(() => {
    process.send?.({ longestBlockMs: Math.max(0, delay.max / 1e6 - resolution) });
    delay.reset();
  }, 5 * resolution);
});
process.send?.({ url: served.url });
