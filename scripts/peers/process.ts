import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a server; `args` get the port. */
export interface Command {
  program: string;
  args(port: number): readonly string[];
}

export interface Memory {
  /** Resident memory now, in MiB. */
  nowMiB: number;
  /** The most that was resident since the start, in MiB. */
  peakMiB: number;
}

/** A server that answers requests. */
export interface RunningServer {
  url: URL;
  /** From the start of the process to the first answer that is no 5xx. */
  readyMs: number;
  memory(): Memory;
  /** Ends it as an operator does; after 60 s by force. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// A signal ends the process without an `exit` event unless somebody listens.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const readyWithinMs = 300_000;
const stopsWithinMs = 60_000;

/**
 * Starts a server on a free port of 127.0.0.1 and waits until it is ready.
 * @param logFile gets all that it writes
 * @throws Error that names the log where it ends, or is not ready in five minutes
 */
export async function startProcess(command: Command, logFile: string): Promise<RunningServer> {
  const port = await freePort();
  const url = new URL(`http://127.0.0.1:${port}`);
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  const child = spawn(command.program, command.args(port), {
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(HEARTH|LLAMA)_/.test(name))),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  running.add(child);
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => {
    ended = `ended with ${signal ?? code}`;
    running.delete(child);
  });
  const { pid } = child;

  const stop = async (): Promise<void> => {
    if (pid === undefined || ended !== undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs);
    await exited;
    clearTimeout(timer);
  };
  const readyMs = await (async () => {
    while (!(await answers(url))) {
      const late = performance.now() - startedAt > readyWithinMs;
      if (ended !== undefined || late) {
        await stop();
        throw new Error(`${command.program} ${ended ?? 'was not ready in time'}; it wrote ${logFile}`);
      }
      await sleep(10);
    }
    return performance.now() - startedAt;
  })();
  return { url, readyMs, memory: () => treeMemory(pid ?? 0), stop };
}

async function answers(url: URL): Promise<boolean> {
  const reply = await fetch(new URL('/health', url)).catch(() => undefined);
  await reply?.arrayBuffer();
  return reply !== undefined && reply.status < 500;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
}

/** The sum over a process and its descendants (VmRSS and VmHWM of proc_pid_status(5)); 0 without /proc. */
function treeMemory(root: number): Memory {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), status: statusOf(name) }));
  const tree = new Set([root]);
  // A child's number may be below its parent's once numbers have wrapped.
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const { pid, status } of processes) if (tree.has(statusNumber(status, 'PPid'))) tree.add(pid);
  }
  const statuses = processes.filter(({ pid }) => tree.has(pid)).map(({ status }) => status);
  const mib = (name: string): number => statuses.reduce((sum, status) => sum + statusNumber(status, name), 0) / 1024;
  return { nowMiB: mib('VmRSS'), peakMiB: mib('VmHWM') };
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    // It has ended since the folder was listed.
    return '';
  }
}

function statusNumber(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}
