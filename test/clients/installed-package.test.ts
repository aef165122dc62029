import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { buildPackage } from '../support/packed-package.ts';

const run = promisify(execFile);
const models = process.env['HEARTH_TEST_MODELS'];
const skip = models === undefined ? 'HEARTH_TEST_MODELS names no folder with tiny-random-llama' : false;

describe('the packed package in an empty project', { skip }, () => {
  const tiny = join(models ?? '', 'tiny-random-llama');
  let project = '';
  const hearth = (...args: string[]): [string, string[]] => [
    process.execPath,
    [join(project, 'node_modules/llm-hearth/dist/cli/hearth.cjs'), 'serve', '--port', '0', '--model', tiny, ...args],
  ];

  /** Optional packages are left out: the prebuilt llama.cpp alone weighs 700 MB. Its package would compile it then. */
  const install = (env: NodeJS.ProcessEnv, ...packages: string[]): Promise<unknown> =>
    run('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', ...packages], {
      cwd: project,
      env: { ...process.env, NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true', ...env },
    });

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'hearth-project-'));
    const built = await buildPackage();
    try {
      await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true }');
      await install({}, await built.pack());
    } finally {
      await built.remove();
    }
  });
  after(() => rm(project, { recursive: true, force: true }));

  test('without ONNX Runtime says in one sentence how to get it, and with it serves an ONNX folder', async () => {
    const refused = await run(...hearth()).then(
      () => assert.fail('it was served'),
      (error: unknown) => error as { code: number; stderr: string },
    );
    assert.equal(refused.code, 1);
    const command = /not installed here: (\w+)=(\w+) npm install (.*)\n$/.exec(refused.stderr);
    assert.ok(command, refused.stderr);
    const [, variable = '', value = '', packages = ''] = command;

    // The command that the sentence names; only what the CPU needs of it.
    const [runtime = '', rest] = packages.split(' ');
    assert.match(runtime, /^onnxruntime-node@\d/);
    assert.match(rest ?? '', /^@huggingface\/transformers@\d/);
    await install({ [variable]: value }, runtime);

    const server = spawn(...hearth('--device', 'cpu'), { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(server, 'close');
    try {
      let said = '';
      for await (const chunk of server.stdout.setEncoding('utf8')) {
        said += String(chunk);
        if (said.includes('Ctrl-C stops.')) break;
      }
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      assert.ok(url, said);
      const reply = await fetch(`${url}/llm/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: 'Hello', max_new_tokens: 3 }),
      });
      assert.equal(reply.status, 200);
      const { n_token_response: tokens } = (await reply.json()) as { n_token_response: number };
      assert.equal(tokens, 3);
    } finally {
      server.kill('SIGTERM');
      await ended;
    }
  });
});
