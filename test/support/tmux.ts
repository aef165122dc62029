import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/config/model-path.ts';

/** Why there is no real terminal to test on; false where there is. */
export const noTmux: string | false = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed';

const PATIENCE_MS = 30_000;

/** A shell on a real terminal of 80 × 24 characters: keys go in, and what stands on its screen comes out. */
export class Tmux {
  /** A server of tmux of our own, so that no other session is touched. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearth-tmux-'));

  /** @param env the variables of the shell, beside PATH */
  constructor(env: NodeJS.ProcessEnv = {}) {
    // The prompt is no word that a command would print.
    const variables = Object.entries({ PATH: process.env['PATH'], PS1: 'sh% ', LC_ALL: 'C.UTF-8', ...env });
    const shell = ['env', '-i', ...variables.map(([name, value]) => `${name}=${value ?? ''}`), 'TERM=screen', 'sh'];
    const size = ['-x', '80', '-y', '24', '-c', packageRoot];
    this.#run('-f', '/dev/null', 'new-session', '-d', ...size, ...shell);
  }

  /** Types a line, and Enter. */
  type(line: string): void {
    this.#run('send-keys', '-l', line);
    this.#run('send-keys', 'Enter');
  }

  /** Presses a key by its name in tmux: `C-c`, `Up`. */
  press(key: string): void {
    this.#run('send-keys', key);
  }

  /** What stands on the screen now, without the empty lines at its end. */
  screen(): string {
    return this.#run('capture-pane', '-p').trimEnd();
  }

  /**
   * Whether the terminal is as a shell wants it: echoing, and wrapping lines. Asked where the shell waits for a command.
   * @returns what it wrote, for the message of a failure; undefined where all is well
   */
  async complaint(): Promise<string | undefined> {
    this.type("clear; stty -a; printf '%0100d\\n' 7; echo done");
    const screen = await this.until(/^done$/m);
    const right = /\bicanon\b/.test(screen) && !/-(icanon|isig|echo)\b/.test(screen) && /^0{19}7$/m.test(screen);
    return right ? undefined : screen;
  }

  /** Where the cursor is, and whether it shows. */
  cursor(): { column: number; row: number; visible: boolean } {
    const [column, row, flag] = this.#run('display', '-p', '#{cursor_x} #{cursor_y} #{cursor_flag}').split(' ');
    return { column: Number(column), row: Number(row), visible: flag?.trim() === '1' };
  }

  /** Waits for something on the screen. @returns the screen @throws Error with it where it does not come */
  async until(wanted: RegExp): Promise<string> {
    const began = performance.now();
    for (;;) {
      const screen = this.screen();
      if (wanted.test(screen)) return screen;
      if (performance.now() - began > PATIENCE_MS) throw new Error(`${String(wanted)} did not come:\n${screen}`);
      await sleep(20);
    }
  }

  close(): void {
    this.#run('kill-server');
    rmSync(this.#folder, { recursive: true });
  }

  #run(...args: readonly string[]): string {
    return execFileSync('tmux', ['-S', join(this.#folder, 'socket'), ...args], { encoding: 'utf8' });
  }
}
