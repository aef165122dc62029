import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/config/model-path.ts';

/**
 * Fuzzes a server by its own `/openapi.json` with schemathesis: values at and over every limit of every field, and random
 * ones. Replies must be of the form that the document tells, wrong bodies refused, and nothing a 5xx.
 * @param python of the venv `openapi-tools`
 * @param options what schemathesis takes beside the document: phases, counts, a seed
 * @returns whether nothing was found, and what it printed
 */
export async function fuzzApi(
  python: string,
  url: string,
  options: readonly string[],
): Promise<{ ok: boolean; output: string }> {
  // Its own script names a python that was there while the venv was made.
  const schemathesis = ['-c', 'from schemathesis.cli import schemathesis; schemathesis()'];
  const config = path.join(packageRoot, 'test', 'clients', 'schemathesis.toml');
  // It keeps a database of examples in the folder it runs in. One worker: with more it crashes now and then on Python 3.11.
  const cwd = await mkdtemp(path.join(tmpdir(), 'hearth-fuzz-'));
  const args = ['--config-file', config, '--no-color', 'run', `${url}/openapi.json`, '--workers', '1'];
  try {
    return await new Promise((resolve) => {
      execFile(
        python,
        [...schemathesis, ...args, '--request-timeout', '60', ...options],
        { cwd, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => resolve({ ok: error === null, output: `${stdout}${stderr}` || String(error) }),
      );
    });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
