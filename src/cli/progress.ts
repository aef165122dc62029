import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.ts';

export interface Progress {
  /** @param fraction from 0 to 1 */
  update(fraction: number): void;
  /** Clears the bar; further updates do nothing. */
  stop(): void;
}

/** A bar on stderr while a model loads; nothing where stderr is no terminal. */
export function progressBar(label: string, { stderr }: Terminal): Progress {
  if (!stderr.isTTY) return { update() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    stream: stderr,
    format: `${label} {bar} {percentage}%`,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    hideCursor: null,
    // Turned off it would stay so in the user's shell where Ctrl-C ends the program here.
    linewrap: true,
  });
  bar.start(100, 0);
  let running = true;
  return {
    update(fraction) {
      if (running) bar.update(Math.round(Math.min(Math.max(fraction, 0), 1) * 100));
    },
    stop() {
      if (running) bar.stop();
      running = false;
    },
  };
}
