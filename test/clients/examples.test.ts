import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/model-path.ts';
import { pythonVenv } from '../support/python-venv.ts';
import { startServer } from '../support/server-process.ts';

const run = promisify(execFile);

/** What an example prints. @throws where it fails */
async function printed(name: string): Promise<string> {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const args = ['--import', 'tsx', `examples/${name}.ts`];
  const { stdout } = await run(process.execPath, args, { cwd: packageRoot, env, timeout: 240_000 });
  return stdout;
}

test('the tutorial runs from top to bottom', async () => {
  const lines = (await printed('tutorial')).split('\n');
  const text = lines.join('\n');
  assert.match(text, /^pipeline: .*\S/m);
  assert.match(text, /^heard by Ann: Bob$/m);
  assert.match(text, /^parsed: speak, words$/m);
  assert.match(text, /^hosted: .*Paris/m);
  assert.match(text, /\(\d+ tokens read\)$/m);
});

test('eight players print what batching and the shared rules bring', async () => {
  const times = [...(await printed('eight-players')).matchAll(/: +([\d.]+) s/g)].map(([, seconds]) => Number(seconds));
  assert.equal(times.length, 3);
  assert.ok(times.every((seconds) => seconds > 0));
});

test('the AI SDK and LangChain give a text and an object', async () => {
  for (const name of ['ai-sdk', 'langchain']) {
    const text = await printed(name);
    assert.match(text, /\S[^]*\{ name: .*, legs: \d \}/, name);
  }
});

test('a Python application talks through the server by the shipped configs', async (t) => {
  const venv = await pythonVenv('agentscope-0.1.1');
  if ('missing' in venv) return t.skip(venv.missing);
  const folder = await mkdtemp(join(tmpdir(), 'hearth-example-'));
  const server = await startServer(['--context-size', '2048']);
  try {
    const configs = await readFile(join(packageRoot, 'models/model_configs.json'), 'utf8');
    const file = join(folder, 'model_configs.json');
    await writeFile(file, configs.replaceAll('http://127.0.0.1:8000', server.url).replaceAll('256', '24'));
    const env = { ...process.env, NO_PROXY: '127.0.0.1' };
    const app = join(packageRoot, 'examples/agentscope_app.py');
    const { stdout } = await run(venv.python, [app, file], { cwd: folder, env, timeout: 240_000 });
    assert.match(stdout, /said: Bob True/);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
