import cliProgress from 'cli-progress';
import { inBytes } from '../contract/memory.ts';
import type { PullProgress } from '../hub/index.ts';
import type { Terminal } from './terminal.ts';

/** The speed is that of the last seconds: a connection that got slow shows it soon. */
const WINDOW_MS = 5000;
/** Elsewhere than on a terminal there is a line for each of so many percent. */
const STEP = 10;

export interface PullReport {
  update(progress: PullProgress): void;
  /** A sentence, above the bar. */
  note(sentence: string): void;
  /** Clears the bar. */
  stop(): void;
}

/**
 * Tells on stderr how a download goes: a bar with speed and time left on a terminal, a line every 10 % elsewhere.
 * @param now milliseconds of a clock that never goes back
 */
export function pullReport(
  { stderr }: Pick<Terminal, 'stderr'>,
  now: () => number = () => performance.now(),
): PullReport {
  const speed = speedometer(now);
  if (stderr.isTTY) return barReport(stderr, speed);
  let told = 0;
  let waiting = false;
  return {
    update(progress) {
      speed.add(progress.fetched);
      if (progress.waiting && !waiting) stderr.write(`Another process fetches ${progress.file}; waiting for it.\n`);
      waiting = progress.waiting;
      const step = Math.floor(percent(progress) / STEP) * STEP;
      if (step <= told) return;
      told = step;
      stderr.write(`Fetching ${progress.file}: ${words(progress, speed).join(', ')}\n`);
    },
    note: (sentence) => void stderr.write(`${sentence}\n`),
    stop() {
      told = 0;
    },
  };
}

function barReport(stderr: NodeJS.WriteStream, speed: Speedometer): PullReport {
  let bar: cliProgress.SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    update(progress) {
      speed.add(progress.fetched);
      const payload = { words: progress.waiting ? 'another process fetches it' : words(progress, speed).join(', ') };
      if (bar === undefined) {
        bar = new cliProgress.SingleBar({
          stream: stderr,
          format: 'Fetching {bar} {words}',
          barsize: 20,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          clearOnComplete: true,
          hideCursor: null,
        });
        bar.start(100, percent(progress), payload);
      }
      bar.update(percent(progress), payload);
    },
    note(sentence) {
      stop();
      stderr.write(`${sentence}\n`);
    },
    stop,
  };
}

function percent({ done, total }: PullProgress): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}

/** `45 % of 1.2 GiB`, `52 MiB/s`, `0:54 left` */
function words(progress: PullProgress, { perSecond }: Speedometer): string[] {
  const amount = `${percent(progress)} % of ${inBytes(progress.total)}`;
  const rate = perSecond();
  if (rate === undefined || rate <= 0) return [amount];
  const left = (progress.total - progress.done) / rate;
  return [amount, `${inBytes(rate)}/s`, `${clock(left)} left`];
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

interface Speedometer {
  add(bytes: number): void;
  /** Bytes a second; undefined in the first moments. */
  perSecond(): number | undefined;
}

function speedometer(now: () => number): Speedometer {
  const samples: { at: number; bytes: number }[] = [];
  return {
    add(bytes) {
      const at = now();
      const last = samples.at(-1);
      // Another process, or a file that was begun again.
      if (last !== undefined && bytes < last.bytes) samples.length = 0;
      if (last !== undefined && at - last.at < 100 && samples.length > 1)
        samples[samples.length - 1] = { at: last.at, bytes };
      else samples.push({ at, bytes });
      while (samples.length > 2 && at - (samples[0]?.at ?? at) > WINDOW_MS) samples.shift();
    },
    perSecond() {
      const [first] = samples;
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.at - first.at < 200) return undefined;
      return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
    },
  };
}
