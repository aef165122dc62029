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

async function ask(question: string, { stderr }: Terminal, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
