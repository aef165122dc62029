import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../../src/config/model-path.ts';

const readyWithinMs = 120_000;

/** A server process with the embedded default model. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** Ends it as an operator does. @returns the exit code */
  stop(): Promise<number | null>;
}

/**
 * Starts `hearth serve` on a free port and waits for its banner.
 * @param nodeOptions flags of node itself
 * @throws Error with what it wrote on stderr where it ends or stays silent instead
 */
export async function startServer(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<ServerProcess> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HEARTH_'));
  const child = spawn(
    process.execPath,
    [...nodeOptions, '--import', 'tsx', 'src/cli/main.ts', 'serve', '--port', '0', ...args],
    {
      cwd: packageRoot,
      // As `npm run serve` has it.
      env: { UV_THREADPOOL_SIZE: '1', ...Object.fromEntries(inherited) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-10_000)));
  const closed = once(child, 'close');

  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    const fail = (what: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the server ${what}:\n${errors}`));
    };
    const timer = setTimeout(() => fail(`was not ready in ${readyWithinMs / 1000} s`), readyWithinMs);
    child.once('close', () => fail('ended before it was ready'));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });

  return {
    url,
    pid: child.pid ?? -1,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      return child.exitCode;
    },
  };
}
