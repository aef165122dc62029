import { parentPort } from 'node:worker_threads';
import { sent } from './sent-error.ts';
import type { Calls, FromWorker, ToWorker } from './worker-client.ts';

/**
 * The thread's side of WorkerClient: prepares, says so, and answers calls one after the other.
 * @param prepare what comes before the first call; `info` goes to the client
 */
export async function answerCalls(prepare: () => Promise<{ info: unknown; calls: Calls }>): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('This file runs in a worker thread.');
  const send = (message: FromWorker): void => port.postMessage(message);
  try {
    const { info, calls } = await prepare();
    const answer = async (before: Promise<void>, { call, name, args }: ToWorker): Promise<void> => {
      await before;
      try {
        const result: unknown = await calls[name]?.(...(args as never[]));
        send({ type: 'answer', call, result });
      } catch (error) {
        send({ type: 'failed', call, error: sent(error) });
      }
    };
    let last = Promise.resolve();
    port.on('message', (message: ToWorker) => {
      last = answer(last, message);
    });
    send({ type: 'ready', info });
  } catch (error) {
    send({ type: 'failed', error: sent(error) });
    port.close();
  }
}
