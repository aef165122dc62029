/** Cuts requests off at random moments and shows that slots and memory come back: `npm run soak:cancel`. */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { table } from './support/report.ts';
import { startServer } from '../test/support/server-process.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200' },
    slots: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  },
});
const half = Number(values.requests);
const slots = Number(values.slots);

let sent = 0;

/** A request that is cut off between 0 and 1.5 s after its start: queued, in its prompt or in its answer. */
async function cutOff(url: string): Promise<void> {
  sent += 1;
  const words = 10 + Math.floor(Math.random() * 500);
  const body = {
    inputs: `Request ${sent}. ${'word '.repeat(words)}`,
    max_new_tokens: 200,
    min_new_tokens: 200,
    temperature: 0.8,
    stream: sent % 2 === 0,
  };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.random() * 1500);
  try {
    const response = await fetch(`${url}/llm/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    await response.text();
    if (response.status !== 200) throw new Error(`request ${sent} was answered with ${response.status}`);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Keeps as many requests under way as there are slots. */
async function cutOffMany(url: string, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: slots }, async () => {
      while (left-- > 0) await cutOff(url);
    }),
  );
}

/**
 * Resident memory of the process and what it maps, in MiB, when it has come to rest: the least of ten seconds, because
 * V8 gives garbage back only after some idle seconds.
 */
async function residentMemory(pid: number): Promise<number> {
  let least = Infinity;
  for (let second = 0; second < 10; second += 1) {
    await sleep(1000);
    const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    least = Math.min(least, Number(kib) / 1024);
  }
  return least;
}

/** As many requests at once as slots and queue hold; one that is refused shows a slot that is not free. */
async function allSlotsFree(url: string): Promise<boolean> {
  const replies = await Promise.all(
    Array.from({ length: 2 * slots }, async (_, index) => {
      const response = await fetch(`${url}/llm/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: `Slot ${index}`, max_new_tokens: 4 }),
      });
      await response.text();
      return response.status;
    }),
  );
  return replies.every((status) => status === 200);
}

// V8's young generation grows and shrinks between 1 and 34 MB as it likes; pinned, what remains is what the server holds.
const server = await startServer(
  ['--log-level', 'warn', '--parallel', String(slots), '--max-queue', String(slots), '--context-size', '2048'],
  ['--max-semi-space-size=1'],
);
let failed = false;
try {
  const marks: { after: number; memory: number; free: boolean }[] = [];
  for (const count of [50, half - 50, half]) {
    await cutOffMany(server.url, count);
    marks.push({ after: sent, memory: await residentMemory(server.pid), free: await allSlotsFree(server.url) });
    if (!values.json) console.error(`${sent} requests cut off`);
  }
  const [early, middle, late] = marks.map(({ memory }) => memory);
  const growth = (middle ?? 0) / (early ?? 1);
  const added = (late ?? 0) - (middle ?? 0);
  failed = marks.some(({ free }) => !free) || growth > 1.05 || added > 10;
  if (values.json) console.log(JSON.stringify({ marks, growth, added }));
  else {
    const rows = marks.map(({ after, memory, free }) => [
      String(after),
      `${memory.toFixed(1)} MiB`,
      free ? 'yes' : 'no',
    ]);
    console.log(table(['requests cut off', 'resident memory', 'all slots free'], rows));
    console.log(
      `\nafter ${half} : after 50 = ${growth.toFixed(3)} (limit 1.05); the second ${half} added ${added.toFixed(1)} MiB (limit 10)`,
    );
  }
} finally {
  await server.stop();
}
process.exitCode = failed ? 1 : 0;
