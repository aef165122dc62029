import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/config/model-path.ts';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; ended: Promise<Ended>; said(text: string): Promise<void> } {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: packageRoot,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, ...texts }));
  const said = async (text: string): Promise<void> => {
    while (!texts.stdout.includes(text)) await once(child.stdout, 'data');
  };
  return { child, ended, said };
}

function hearth(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> {
  return start(['src/cli/main.ts', ...args], env).ended;
}

test('--help prints the help on stdout and exits with 0', async () => {
  const { code, stdout, stderr } = await hearth(['serve', '--help']);
  assert.equal(stderr, '');
  assert.match(stdout, /^Usage: hearth serve \[MODEL…\] \[options\]\n[^]*\nModel:\n[^]*\nLogs:\n[^]*\nExamples:\n/);
  assert.equal(code, 0);
});

test('--version prints the version of package.json', async () => {
  const { code, stdout } = await hearth(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(code, 0);
});

test('an unknown flag is one line on stderr and exit code 2', async () => {
  assert.deepEqual(await hearth(['serve', '--prot', '1']), {
    code: 2,
    stdout: '',
    stderr: 'hearth: Unknown option --prot; did you mean --port?\n',
  });
});

test('a wrong value is one line on stderr and exit code 2, wherever it stands', async () => {
  const line = 'must be a whole number from 0 to 65535, not "abc".\n';
  const [flag, variable] = await Promise.all([
    hearth(['serve', '--port', 'abc', '--log-level', 'debug']),
    hearth(['serve'], { HEARTH_PORT: 'abc' }),
  ]);
  assert.deepEqual(flag, { code: 2, stdout: '', stderr: `hearth: --port ${line}` });
  assert.deepEqual(variable, { code: 2, stdout: '', stderr: `hearth: HEARTH_PORT ${line}` });
});

test('a missing model is one line on stderr and exit code 1', async () => {
  const { code, stdout, stderr } = await hearth(['serve', '--model', 'no/such.gguf']);
  assert.equal(
    stderr,
    'hearth: The model no/such.gguf cannot be read: there is no such file; pass --model with the path of a GGUF file or an ONNX folder on this machine.\n',
  );
  assert.equal(stdout, '');
  assert.equal(code, 1);
});

/** A process that runs the serve command over a server made of the given code; `hang` never settles. */
function served(body: string): ReturnType<typeof start> {
  const here = (path: string): string => JSON.stringify(pathToFileURL(packageRoot + path).href);
  const code = `
    const { runServer } = await import(${here('src/cli/serve.ts')});
    const { defaultSettings } = await import(${here('src/config/resolve.ts')});
    const terminal = { env: {}, stdout: process.stdout, stderr: process.stderr };
    const hang = new Promise(() => setInterval(() => {}, 1000));
    const models = [{ id: 'm', format: 'gguf', contextSize: 64, slots: 2, device: 'cpu', tasks: ['generate'], created: 1 }];
    const serve = async (settings, hooks) => { ${body} };
    const settings = defaultSettings({ model: ['package.json'], drainTimeout: 5 });
    const code = await runServer({ settings, version: '0.1.0', terminal, log: {}, serve });
    process.exit(code);`;
  return start(['--input-type=module', '-e', code]);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} drains and exits with 0`, async () => {
    const server = served(`
      const close = async () => { await new Promise((resolve) => setTimeout(resolve, 50)); console.log('drained'); };
      return { url: 'http://127.0.0.1:1', models, statuses: [], close, closed: hang };`);
    await server.said('Ctrl-C stops.');
    server.child.kill(signal);
    const { code, stdout, stderr } = await server.ended;
    assert.match(stdout, /Stopping: running requests get up to 5 s; a second signal ends at once\.\ndrained\n$/);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });
}

test('a second signal ends a drain at once with exit code 1', async () => {
  const server = served(`return { url: 'http://127.0.0.1:1', models, statuses: [], close: () => hang, closed: hang };`);
  await server.said('Ctrl-C stops.');
  server.child.kill('SIGTERM');
  await server.said('Stopping');
  server.child.kill('SIGTERM');
  assert.equal((await server.ended).code, 1);
});

test('a signal while the model loads exits with 0 at once', async () => {
  const server = served(`console.log('loading'); return hang;`);
  await server.said('loading');
  server.child.kill('SIGTERM');
  const { code, stdout } = await server.ended;
  assert.equal(stdout, 'loading\n');
  assert.equal(code, 0);
});
