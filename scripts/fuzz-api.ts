/**
 * Fuzzes the server with the embedded model by its own document: `npm run fuzz:api`. `-- --max-examples 1000 --seed 7` and
 * whatever else schemathesis takes goes to it.
 */
import { argv, exit } from 'node:process';
import { pythonVenv } from '../test/support/python-venv.ts';
import { fuzzApi } from '../test/support/api-fuzzer.ts';
import { startServer } from '../test/support/server-process.ts';

const venv = await pythonVenv('openapi-tools');
if ('missing' in venv) {
  console.error(`There is no environment for schemathesis: ${venv.missing}.`);
  exit(1);
}
const server = await startServer(['--context-size', '256', '--parallel', '4', '--device', 'cpu', '--max-tokens', '4']);
const given = argv.slice(2);
const options = ['--phases', 'examples,coverage,fuzzing', '--max-examples', '200', '--continue-on-failure', ...given];
let ok = false;
try {
  const run = await fuzzApi(venv.python, server.url, options);
  console.log(run.output);
  ({ ok } = run);
} finally {
  await server.stop();
}
exit(ok ? 0 : 1);
