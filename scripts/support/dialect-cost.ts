import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runLoad } from '../../src/bench/load.ts';
import { modelTarget } from '../../src/bench/model-target.ts';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { Model } from '../../src/contract/model.ts';
import { dialects } from '../../src/dialects/index.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { Registry } from '../../src/runtime/registry.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { median } from './report.ts';

export interface CostOptions {
  rounds: number;
  /** Clients that stream at the same time, each one request a round. */
  clients: number;
  /** New tokens of each request. */
  tokens: number;
}

/** What a client process is asked for, and its answer: milliseconds of the whole round. */
export interface Round {
  url: string;
  prompts: string[];
  tokens: number;
}

/** One way to the same completions. */
interface Pass {
  /** From the first request to the last answer, in milliseconds. */
  wallMs: number;
  /** What the thread that runs JavaScript worked in that time. */
  threadMs: number;
}

export interface CostRound {
  /** `model.generate` alone: prompt, scheduler, engine. */
  engine: Pass;
  /** The same completions as streams over HTTP. */
  http: Pass;
}

/**
 * Measures what dialect and HTTP add to streaming completions, in pairs: `model.generate` in this process, then the same
 * prompts over HTTP, from clients in another process. The engine has one thread, so that on two cores the clients' work is
 * done beside it and not in its time. What is added is read from the clock of the one thread that runs all of the server's
 * JavaScript: work of the engine's threads and of the clients is not in it.
 */
export async function measureDialectCost({ rounds, clients, tokens }: CostOptions): Promise<CostRound[]> {
  const log = createLogger({ level: 'info', format: 'json', destination: discard() });
  const settings = defaultSettings({
    contextSize: 1024,
    parallel: clients,
    threads: 1,
    prefixReuse: 'off',
    device: 'cpu',
  });
  const model = await loadModel(settings, { log });
  const server = createHttpServer(serverOptions(model, log));
  const url = `${await server.listen('127.0.0.1', 0)}/v1`;
  server.ready();
  const script = fileURLToPath(new URL('streaming-clients.ts', import.meta.url));
  const child = fork(script, { execArgv: ['--import', 'tsx'] });
  const overHttp = async (prompts: string[]): Promise<Pass> => {
    const answer = once(child, 'message');
    const before = threadMs();
    child.send({ url, prompts, tokens } satisfies Round);
    const [wallMs] = (await answer) as [number];
    return { wallMs, threadMs: threadMs() - before };
  };
  try {
    const measured: CostRound[] = [];
    // The first two rounds let the compiler see both ways.
    for (let round = -2; round < rounds; round++) {
      const prompts = Array.from({ length: clients }, (_, client) => `Tell a story about ${round} and ${client}.`);
      // Whoever comes second finds nothing that the first one left, but the order changes all the same.
      const passes = { engine: () => alone(model, prompts, tokens), http: () => overHttp(prompts) };
      const first = round % 2 === 0 ? 'engine' : 'http';
      const second = first === 'engine' ? 'http' : 'engine';
      const results = { [first]: await passes[first](), [second]: await passes[second]() };
      if (round >= 0) measured.push(results as unknown as CostRound);
    }
    return measured;
  } finally {
    child.disconnect();
    await server.drain();
    await model.dispose();
  }
}

async function alone(model: Model, prompts: readonly string[], tokens: number): Promise<Pass> {
  const before = threadMs();
  const { windowMs, failures } = await runLoad(modelTarget(model), load(prompts, tokens));
  if (failures[0]) throw failures[0].error;
  return { wallMs: windowMs, threadMs: threadMs() - before };
}

/** One request for each prompt, all at once. */
export function load(prompts: readonly string[], tokens: number) {
  return {
    clients: prompts.length,
    requests: prompts.length,
    ask: (client: number) => ({
      prompt: [{ role: 'user' as const, content: prompts[client] ?? '' }],
      maxTokens: tokens,
      ignoreEos: true,
    }),
  };
}

function serverOptions(model: Model, log: ReturnType<typeof createLogger>) {
  const host = new Registry();
  host.addLoaded(model);
  return {
    dialects: dialects.map((create) =>
      create({ unknownFields: undefined, messagesKey: undefined, stringPrompt: 'raw' }),
    ),
    services: { host, responses: new ResponseStore({ maxCount: 1, maxBytes: 1 }) },
    settings: { apiKeys: [], corsOrigins: [], maxBody: 2 ** 25, timeoutMs: 600_000, drainTimeoutMs: 1000 },
    log,
  };
}

/** The time that this thread has worked, in milliseconds; Linux tells it exactly, elsewhere it is the time it was not idle. */
function threadMs(): number {
  try {
    const [onCpuNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(onCpuNs) / 1e6;
  } catch {
    return performance.eventLoopUtilization().active;
  }
}

function discard(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/**
 * The work of dialect and HTTP as a share of the time that the engine alone takes for the same requests: what they add to it
 * at most, where none of it is done while the engine computes.
 */
export function addedShare(rounds: readonly CostRound[]): number {
  const added = median(rounds.map(({ engine, http }) => http.threadMs - engine.threadMs));
  // The quietest round: a busy machine makes the engine slow and the share small.
  return added / Math.min(...rounds.map(({ engine }) => engine.wallMs));
}
