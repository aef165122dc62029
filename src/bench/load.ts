import { asError } from './fields.ts';
import type { Answer, Ask, Target } from './target.ts';

/** How long a level goes on: `durationMs` sends no new request after that time, `requests` sends so many in all. */
export type Extent = { durationMs: number } | { requests: number };

export type LoadOptions = Extent & {
  /** Clients that each send their next request when the last one is answered. */
  clients: number;
  /** The next request of a client. @param client from 0 @param turn counts the client's requests from 0 */
  ask(client: number, turn: number): Ask;
  /** Told every answer before the client's next request. */
  onAnswer?(client: number, turn: number, answer: Answer): void;
  /** Ends the load; running requests are cancelled and count as failures. */
  signal?: AbortSignal;
};

/** A request that was answered. */
export interface Exchange {
  client: number;
  turn: number;
  /** When it was sent, in milliseconds since the load began. */
  startMs: number;
  answer: Answer;
}

/** A request that failed. */
export interface Failure {
  client: number;
  turn: number;
  startMs: number;
  error: Error;
}

export interface LoadResult {
  clients: number;
  /**
   * The time to count in, in milliseconds from the load's beginning: `durationMs`, or up to the last reply of a number of
   * requests. With `durationMs`, requests that were running at its end are read to their own.
   */
  windowMs: number;
  exchanges: Exchange[];
  failures: Failure[];
}

/** A client whose request failed waits so long before its next: a server that refuses is not to be flooded. */
const pauseAfterFailureMs = 100;

/** Puts a closed loop of clients on a target. Failed requests are collected, not thrown. */
export async function runLoad(target: Target, options: LoadOptions): Promise<LoadResult> {
  const { clients, signal } = options;
  const exchanges: Exchange[] = [];
  const failures: Failure[] = [];
  const beganAt = performance.now();
  const elapsed = (): number => performance.now() - beganAt;
  let sent = 0;
  let lastMs = 0;
  const goesOn = (): boolean => {
    if (signal?.aborted === true) return false;
    return 'durationMs' in options ? elapsed() < options.durationMs : sent < options.requests;
  };
  const runClient = async (client: number): Promise<void> => {
    for (let turn = 0; goesOn(); turn += 1) {
      sent += 1;
      const ask = options.ask(client, turn);
      const startMs = elapsed();
      const answer = await target.ask(ask, signal).catch(asError);
      lastMs = elapsed();
      if (answer instanceof Error) {
        failures.push({ client, turn, startMs, error: answer });
        if (goesOn()) await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs));
      } else {
        exchanges.push({ client, turn, startMs, answer });
        options.onAnswer?.(client, turn, answer);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)));
  return { clients, windowMs: 'durationMs' in options ? options.durationMs : lastMs, exchanges, failures };
}
