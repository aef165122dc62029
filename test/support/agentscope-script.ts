import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/model-path.ts';

const run = promisify(execFile);

/**
 * Runs `test/clients/<script>` with `task` as its JSON argument, in `cwd`, where AgentScope may write.
 * @returns the JSON that the script leaves in a file
 * @throws Error with the traceback
 */
export async function runScript(python: string, script: string, task: object, cwd: string): Promise<unknown> {
  const file = path.join(packageRoot, 'test', 'clients', script);
  const answer = path.join(cwd, `${path.parse(script).name}.answer.json`);
  await run(python, [file, JSON.stringify(task), answer], {
    cwd,
    timeout: 180_000,
    maxBuffer: 1 << 24,
    env: {
      ...process.env,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      PYTHONIOENCODING: 'utf-8',
      // Compiled once for all scripts, and not into the checkout.
      PYTHONPYCACHEPREFIX: path.join(path.dirname(path.dirname(python)), 'pycache'),
    },
  });
  return JSON.parse(await readFile(answer, 'utf8'));
}
