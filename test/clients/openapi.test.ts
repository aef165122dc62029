import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonVenv } from '../support/python-venv.ts';
import { onBothEngines } from '../support/engines.ts';
import { fuzzApi } from '../support/api-fuzzer.ts';
import { withServer } from '../support/server.ts';
import { startServer } from '../support/server-process.ts';

const run = promisify(execFile);
const venv = await pythonVenv('openapi-tools');
const skip = 'missing' in venv ? `no environment for openapi-spec-validator and schemathesis: ${venv.missing}` : false;
const python = 'python' in venv ? venv.python : '';

let folder = '';
/** The documents of servers without and with keys, as files. */
const documents: string[] = [];
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-openapi-'));
  for (const apiKeys of [[], ['one']]) {
    await withServer({ settings: { apiKeys } }, async ({ url }) => {
      const file = path.join(folder, `openapi-${apiKeys.length}.json`);
      await writeFile(file, await (await fetch(`${url}/openapi.json`)).text());
      documents.push(file);
    });
  }
});
after(() => rm(folder, { recursive: true, force: true }));

test('openapi-spec-validator finds the document valid', { skip }, async () => {
  for (const file of documents) {
    const { stdout } = await run(python, ['-m', 'openapi_spec_validator', '--errors', 'all', file]);
    assert.match(stdout, /: OK\s*$/);
  }
});

test("Redocly's linter has nothing to say about the document", async () => {
  const redocly = fileURLToPath(new URL('bin/cli.js', import.meta.resolve('@redocly/cli/package.json')));
  const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  for (const file of documents) {
    const args = [redocly, 'lint', '--format=json', '--extends=recommended', file];
    const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...process.env, ...quiet } });
    const { totals } = JSON.parse(stdout) as { totals: { errors: number; warnings: number } };
    assert.deepEqual([totals.errors, totals.warnings], [0, 0], stdout);
  }
});

onBothEngines((model) => {
  test('fuzzing the real server by its document finds no 5xx and no reply of another form', { skip }, async () => {
    const server = await startServer([
      '--model',
      model.path,
      '--context-size',
      '256',
      '--parallel',
      '4',
      '--device',
      'cpu',
      '--max-tokens',
      '4',
    ]);
    try {
      // A fixed seed, so that a red run can be repeated; `npm run fuzz:api` looks further.
      const options = ['--phases', 'examples,fuzzing', '--max-examples', '15', '--seed', '1'];
      const { ok, output } = await fuzzApi(python, server.url, options);
      assert.ok(ok, output.slice(-20_000));
      const count = (of: RegExp): number => Number(of.exec(output)?.[1]);
      assert.equal(count(/Tested: (\d+)/), count(/Selected: \d+\/(\d+)/), output.slice(-2000));
      assert.ok(count(/(\d+) generated/) > 200, output.slice(-2000));
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});
