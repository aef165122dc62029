import type { Worker } from 'node:worker_threads';
import { InferenceError } from '../../../contract/errors.ts';
import type { LoadOptions } from '../../engine.ts';
import { received, type SentError } from './sent-error.ts';
import { startWorker } from './worker-file.ts';

/** What a worker's thread does, by name. Arguments and results are cloned on their way. */
export type Calls = Record<string, (...args: never[]) => unknown>;

/** What a thread sends: first how its start went, then an answer to each call. */
export type FromWorker =
  | { type: 'ready'; info: unknown }
  | { type: 'answer'; call: number; result: unknown }
  | { type: 'failed'; call?: number; error: SentError };
export interface ToWorker {
  call: number;
  name: string;
  args: unknown[];
}
/** So many deaths within so many milliseconds are one too many: what kills the thread would kill it again. */
const MOST_DEATHS = 3;
const WITHIN_MS = 60_000;

/**
 * A worker thread that is started again when it dies.
 * @typeParam Info what a thread tells of itself when it is ready
 */
export class WorkerClient<Info, Names extends Calls> {
  private readonly file: URL;
  private readonly data: () => unknown;
  private readonly onLog: LoadOptions['onLog'];
  private running: Promise<{ worker: Worker; info: Info }>;
  private readonly pending = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  private calls = 0;
  private readonly deaths: number[] = [];
  private disposed = false;
  private reportBroken: (error: InferenceError) => void = () => {};
  /** Resolves, with the reason, when a thread has died and no other could take its place. */
  readonly broken = new Promise<InferenceError>((resolve) => {
    this.reportBroken = resolve;
  });
  /** Rises with every thread that was started: what an older one held is gone. */
  generation = 0;

  /**
   * @param file the file that the thread runs (`workerFile`)
   * @param data what a thread is given when it starts
   * @param onLog told why a thread has died
   */
  constructor(file: URL, data: () => unknown, onLog: LoadOptions['onLog']) {
    this.file = file;
    this.data = data;
    this.onLog = onLog;
    this.running = this.start();
  }

  /** What the thread tells of itself. @throws InferenceError or Error why it could not start */
  async info(): Promise<Info> {
    return (await this.running).info;
  }

  /** Has the thread do something. @throws what the thread threw, or Error where it died meanwhile */
  async call<Name extends keyof Names & string>(
    name: Name,
    ...args: Parameters<Names[Name]>
  ): Promise<Awaited<ReturnType<Names[Name]>>> {
    const { worker } = await this.running;
    const call = (this.calls += 1);
    return await new Promise<Awaited<ReturnType<Names[Name]>>>((resolve, reject) => {
      this.pending.set(call, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      worker.postMessage({ call, name, args } satisfies ToWorker);
    });
  }

  /** Ends the thread, and gives its memory back. */
  async dispose(): Promise<void> {
    this.disposed = true;
    const ready = await this.running.catch(() => undefined);
    await ready?.worker.terminate();
  }

  /** @param refusal why no thread is started any more */
  private start(refusal?: Error): Promise<{ worker: Worker; info: Info }> {
    this.generation += 1;
    const running = new Promise<{ worker: Worker; info: Info }>((resolve, reject) => {
      if (refusal) {
        reject(refusal);
        return;
      }
      const worker = startWorker(this.file, this.data());
      let cause: unknown;
      let ready = false;
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          ready = true;
          resolve({ worker, info: message.info as Info });
        } else if (message.type === 'failed' && message.call === undefined) reject(received(message.error));
        else this.answer(message);
      });
      worker.on('error', (error) => (cause = error));
      worker.on('exit', (code) => {
        const error = new Error(`The model's thread has ended (exit code ${code}).`, { cause });
        reject(error);
        if (ready) this.died(error, code);
      });
    });
    // Whoever calls next hears of it.
    running.catch(() => {});
    return running;
  }

  private answer(message: Exclude<FromWorker, { type: 'ready' }>): void {
    const call = message.call ?? 0;
    const waiting = this.pending.get(call);
    this.pending.delete(call);
    if (message.type === 'failed') waiting?.reject(received(message.error));
    else waiting?.resolve(message.result as never);
  }

  private died(error: Error, code: number): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    if (this.disposed) return;
    const now = performance.now();
    this.deaths.push(now);
    while ((this.deaths[0] ?? now) < now - WITHIN_MS) this.deaths.shift();
    const refusal = this.deaths.length > MOST_DEATHS ? tooManyDeaths(this.deaths.length, code, error) : undefined;
    this.onLog?.('error', refusal?.message ?? `${error.message} It is being loaded again.`);
    void this.restart(refusal);
  }

  /** @param refusal why no thread is started any more */
  private async restart(refusal?: InferenceError): Promise<void> {
    this.running = this.start(refusal);
    try {
      await this.running;
    } catch (cause) {
      if (this.disposed) return;
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.reportBroken(
        cause instanceof InferenceError ? cause : new InferenceError('model_failed', reason, { cause }),
      );
    }
  }
}

function tooManyDeaths(deaths: number, code: number, cause: Error): InferenceError {
  const message = `Its thread has ended ${deaths} times within a minute (exit code ${code}).`;
  return new InferenceError('model_failed', message, { retryAfter: 1, cause });
}
