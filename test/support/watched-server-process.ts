// Started by watched-server.ts.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveReal } from './real-server.ts';

const [, , path = ''] = process.argv;
const served = await serveReal({ model: [path], contextSize: 8192, parallel: 1, threads: 1 });
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
  void tell();
});
/** What is being held up now is counted when the loop has gone round, and what follows only after another round. */
async function tell(): Promise<void> {
  await sleep(5 * resolution);
  const longestBlockMs = Math.max(0, delay.max / 1e6 - resolution);
  delay.reset();
  await sleep(5 * resolution);
  process.send?.({ longestBlockMs });
}

process.send?.({ url: served.url });
