import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { openaiTarget } from '../../src/bench/openai-target.ts';
import { postApiTarget } from '../../src/bench/post-api-target.ts';
import type { Target } from '../../src/bench/target.ts';
import { startProcess, type Command, type RunningServer } from './process.ts';
import type { Contestant, Scenario, Session } from './scenario.ts';

export interface Programs {
  model: string;
  /** The folder with the same weights for the ONNX engine. */
  onnx: string;
  /** The built command line of hearth. */
  hearth: string;
  llamaServer: string;
  /** The Python that has Flask and Transformers. */
  python: string;
  flaskService: string;
  /** A folder for what the servers write. */
  logs: string;
}

/** `-t` and `-tb` of llama-server; undefined leaves them to it. */
export type Threads = { decode: number; read: number } | undefined;

/**
 * @param text `2`, `1/2` (decoding with 1, reading with 2) or `default`, separated by commas
 * @throws Error where it is none of these
 */
export function parseThreads(text: string): Threads[] {
  return text.split(',').map((part) => {
    if (part === 'default') return undefined;
    const [, decode, read] = /^(\d+)(?:\/(\d+))?$/.exec(part) ?? [];
    if (decode === undefined) throw new Error(`--llama-threads: ${part} is not N, N/M or default.`);
    return { decode: Number(decode), read: Number(read ?? decode) };
  });
}

export function threadsText(threads: Threads): string {
  return threads === undefined ? 'default' : `-t ${threads.decode} -tb ${threads.read}`;
}

/** All cores; one to decode with, all to read with; one. */
export function usualThreads(): string {
  const cores = availableParallelism();
  return cores === 1 ? '1' : `${cores},1/${cores},1`;
}

/** Starts a contestant with a scenario's slots and context. `close` stops it. */
export async function openSession(
  contestant: Contestant,
  scenario: Scenario,
  programs: Programs,
  threads: Threads,
): Promise<Session & { close(): Promise<void> }> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'hearth-peers-'));
  const log = path.join(programs.logs, `${scenario.name} ${contestant.name}.log`.replaceAll(/[ ,]+/g, '-'));
  const command = commandOf(contestant, scenario, { programs, threads, scratch });
  const start = async (): Promise<{ server: RunningServer; target: Target }> => {
    const server = await startProcess(command, log);
    return { server, target: targetOf(server.url, scenario) };
  };
  let running = await start().catch((error: unknown) => {
    rmSync(scratch, { recursive: true });
    throw error;
  });
  const stop = async (): Promise<void> => {
    await running.target.close();
    await running.server.stop();
  };
  return {
    get server() {
      return running.server;
    },
    get target() {
      return running.target;
    },
    async restart() {
      await stop();
      running = await start();
    },
    async close() {
      await stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function targetOf(url: URL, scenario: Scenario): Target {
  const llm = scenario.contestants.some(({ server }) => server === 'flask');
  return llm ? postApiTarget({ url: new URL('/llm/', url) }) : openaiTarget({ url: new URL('/v1', url) });
}

interface Start {
  programs: Programs;
  threads: Threads;
  scratch: string;
}

function commandOf(contestant: Contestant, { slots, contextSize }: Scenario, start: Start): Command {
  const { programs, threads, scratch } = start;
  const { model } = programs;
  if (contestant.server === 'flask') return withPort(programs.python, [programs.flaskService, '--model', model]);
  if (contestant.server === 'llama-server') {
    const flags = threads === undefined ? [] : ['-t', String(threads.decode), '-tb', String(threads.read)];
    // Its context is that of all slots together.
    const size = ['-np', String(slots), '-c', String(slots * contextSize)];
    return withPort(programs.llamaServer, ['-m', model, ...size, ...flags]);
  }
  const size = ['--parallel', String(slots), '--context-size', String(contextSize)];
  const flags = contestant.flags?.(scratch) ?? [];
  return withPort(process.execPath, [
    programs.hearth,
    'serve',
    '--model',
    contestant.onnx === true ? programs.onnx : model,
    '--log-level',
    'warn',
    ...size,
    ...flags,
  ]);
}

function withPort(program: string, args: readonly string[]): Command {
  return { program, args: (port) => [...args, '--port', String(port)] };
}
