import type { BenchSettings } from '../config/bench-settings.ts';
import type { Terminal } from './terminal.ts';

const terminalEveryMs = 250;
const elsewhereEveryMs = 5000;

export interface LevelProgress {
  answered(): void;
  /** Removes what stands on a terminal. */
  end(): void;
}

/** Tells on stderr how a level goes: one line that changes on a terminal, a line every 5 s elsewhere. */
export function benchProgress({ stderr }: Terminal): {
  level(clients: number, extent: Pick<BenchSettings, 'duration' | 'requests'>): LevelProgress;
} {
  return {
    level(clients, { duration, requests }) {
      const beganAt = performance.now();
      let answers = 0;
      const tell = (): void => {
        const seconds = Math.round((performance.now() - beganAt) / 1000);
        const done = requests === undefined ? `${seconds} of ${duration} s, ${answers}` : `${answers} of ${requests}`;
        const line = `${clients} ${clients === 1 ? 'client' : 'clients'}: ${done} requests answered`;
        stderr.write(stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
      };
      const timer = setInterval(tell, stderr.isTTY ? terminalEveryMs : elsewhereEveryMs);
      return {
        answered() {
          answers += 1;
        },
        end() {
          clearInterval(timer);
          if (stderr.isTTY) stderr.write('\r\u001b[K');
        },
      };
    },
  };
}
