import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../../src/config/model-path.ts';

const run = promisify(execFile);
const answers = z.record(z.string(), z.union([z.object({ gave: z.unknown() }), z.object({ raised: z.string() })]));

/** Gives what one call of a script gave. @throws Error with the call's traceback */
export type Answered = (call: string) => unknown;

/**
 * Runs `test/clients/<script>` with `task` as its JSON argument, in `cwd`, where AgentScope may write.
 * @throws Error with the traceback where the script itself fails
 */
export async function runScript(python: string, script: string, task: object, cwd: string): Promise<Answered> {
  const file = path.join(packageRoot, 'test', 'clients', script);
  const answerFile = path.join(cwd, `${path.parse(script).name}.answers.json`);
  await run(python, [file, JSON.stringify(task), answerFile], {
    cwd,
    timeout: 300_000,
    maxBuffer: 1 << 24,
    env: {
      ...process.env,
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      PYTHONIOENCODING: 'utf-8',
      // Compiled once, and not into the checkout.
      PYTHONPYCACHEPREFIX: path.join(path.dirname(path.dirname(python)), 'pycache'),
    },
  });
  const given = answers.parse(JSON.parse(await readFile(answerFile, 'utf8')));
  return (call) => {
    const answer = given[call];
    if (answer === undefined) throw new Error(`${script} has no call ${call}`);
    if ('raised' in answer) throw new Error(`${script}, ${call}: ${answer.raised}`);
    return answer.gave;
  };
}
