import { createInterface } from 'node:readline/promises';
import { InferenceError } from '../contract/errors.ts';
import type { PullOptions } from '../hub/index.ts';
import { pullReport } from './pull-progress.ts';
import { stopSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export type FetchHooks = Pick<PullOptions, 'confirm' | 'onNote' | 'onProgress'> & {
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
};

/**
 * Runs what may fetch models: tells on stderr how it goes, asks on a terminal, and stops at Ctrl-C or SIGTERM with what came
 * so far kept.
 */
export async function whileFetching<T>(terminal: Terminal, work: (hooks: FetchHooks) => Promise<T>): Promise<T> {
  const report = pullReport(terminal);
  const signals = stopSignals();
  const stopping = new AbortController();
  void signals.first.then(() =>
    stopping.abort(new InferenceError('aborted', 'Stopped; the same command goes on from what has been fetched.')),
  );
  const asks = terminal.stderr.isTTY && process.stdin.isTTY;
  try {
    return await work({
      env: terminal.env,
      signal: stopping.signal,
      onNote: report.note,
      onProgress: report.update,
      confirm: asks ? (question) => ask(question, terminal, stopping.signal) : undefined,
    });
  } finally {
    report.stop();
    signals.close();
  }
}

/**
 * Asks on the terminal.
 * @returns whether the answer is yes; Ctrl-D is a no
 * @throws InferenceError aborted at Ctrl-C; the signal's reason
 */
async function ask(question: string, { stderr }: Terminal, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: stderr });
  let answer: string | undefined;
  try {
    answer = await new Promise<string | undefined>((resolve, reject) => {
      lines.on('SIGINT', () => reject(new InferenceError('aborted', 'Stopped; nothing was fetched.')));
      // Ctrl-D; the question, which then fails as well, is told a moment later.
      lines.on('close', () => resolve(undefined));
      lines.question(`${question} [y/N] `, { signal }).then(resolve, reject);
    });
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    lines.close();
    // The next sentence begins a line, as it does after Enter.
    if (answer === undefined) stderr.write('\n');
  }
}
