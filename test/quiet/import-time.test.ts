import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Milliseconds that an import takes, the fastest of three. */
async function importMs(source: string): Promise<number> {
  const times: number[] = [];
  for (let tries = 0; tries < 3; tries += 1) {
    const args = ['--import', 'tsx', 'test/support/import-report.ts', `${root}${source}`];
    const { stdout } = await run(process.execPath, args, { cwd: root });
    times.push((JSON.parse(stdout) as { ms: number }).ms);
  }
  return Math.min(...times);
}

test('importing the wrappers takes less than half of the time that importing an engine takes', async (t) => {
  const wrappers = await importMs('src/library/model-configs.ts');
  const engine = await importMs('src/engines/gguf/load.ts');
  t.diagnostic(`wrappers ${Math.round(wrappers)} ms, engine ${Math.round(engine)} ms, both with tsx`);
  assert.ok(wrappers < engine / 2, `${wrappers} ms against ${engine} ms`);
});
