import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) =>
    (text ?? '').trim(),
  );
const commands = blocks('sh');
const shell = promisify(execFile);

/** Runs a command line of the README as it is; the port is a free one. */
function start(command: string): ChildProcess {
  const line = command.replace('npm ci && ', 'exec ').replace('--port 8000', '--port 0');
  // The variable is what a user would set where 8000 is taken.
  return spawn('sh', ['-c', line], {
    cwd: root,
    env: { ...process.env, HEARTH_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function urlOf(child: ChildProcess): Promise<string> {
  let output = '';
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    const url = /ready on (http:\/\/\S+)/.exec(output)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`no server: ${output}`);
}

async function stop(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  return child.exitCode;
}

let first: ChildProcess;
let url: string;
before(async () => {
  first = start(commands[0] ?? '');
  url = await urlOf(first);
});
after(async () => assert.equal(await stop(first), 0));

const curls = commands.filter((command) => command.startsWith('curl '));

async function curl(command: string): Promise<string> {
  const { stdout } = await shell('sh', ['-c', command.replace('http://127.0.0.1:8000', url)]);
  return stdout;
}

/** Names and types of everything in a value; of a list, its first entry. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [shape(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

test('the first two commands are those that a fresh clone and CI run', () => {
  assert.equal(commands[0], 'npm ci && npm run serve');
  assert.equal(commands[1], 'npm ci && npm test');
  const ci = read('.ci/run').split('\n');
  assert.ok(ci.includes('npm ci') && ci.includes('npm test'));
});

test('the first curl gives a reply of the form that the README shows', async () => {
  const shown: unknown = JSON.parse(blocks('json')[0] ?? '');
  const got: unknown = JSON.parse(await curl(curls[0] ?? ''));
  assert.deepEqual(shape(got), shape(shown));
  const counts = (reply: unknown) => {
    const { n_token_prompt, n_token_response } = reply as Record<string, unknown>;
    return { n_token_prompt, n_token_response };
  };
  assert.deepEqual(counts(got), counts(shown));
});

test('the other curls answer as their dialects do', async () => {
  assert.equal(curls.length, 5);
  const chat = JSON.parse(await curl(curls[1] ?? '')) as { object: string };
  assert.equal(chat.object, 'chat.completion');
  const stream = await curl(curls[2] ?? '');
  assert.ok(stream.split('\n\n').length > 8 && stream.endsWith('data: [DONE]\n\n'), stream);
  const [hosted] = JSON.parse(await curl(curls[3] ?? '')) as { generated_text: string }[];
  assert.ok(hosted?.generated_text.startsWith('My dog') && hosted.generated_text.length > 8);
});

test('the curl of the metrics shows every metric that the README names', async () => {
  const text = await curl(curls[4] ?? '');
  const section = /## Metrics\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const shown = [...text.matchAll(/^# TYPE hearth_(\w+) /gm)].map(([, name]) => name);
  assert.deepEqual(new Set(named), new Set(shown));
  const tokens = Number(/^hearth_prompt_tokens_read_total\{.*\} (\d+)$/m.exec(text)?.[1]);
  assert.ok(tokens > 0, 'the other tests have asked');
});

test('the command with flags serves, and stops with code 0 on SIGTERM', async () => {
  const [command, ...others] = commands.filter((line) => line.startsWith('npm run serve -- '));
  assert.equal(others.length, 0);
  const child = start(command?.replace('npm run', 'exec npm run') ?? '');
  const response = await fetch(`${await urlOf(child)}/readyz`);
  assert.equal(response.status, 200);
  assert.equal(await stop(child), 0);
});

const benches = commands.filter((line) => line.startsWith('npm run bench -- '));

test('the benchmarks measure a model in their own process, and the running server', async () => {
  assert.deepEqual(
    benches.map((command) => command.includes('http://127.0.0.1:8000/v1')),
    [false, true],
  );
  for (const command of benches) {
    const { stdout } = await shell('sh', ['-c', command.replace('http://127.0.0.1:8000', url)], { cwd: root });
    const [, clients = ''] = /--clients ([\d,]+)/.exec(command) ?? [];
    const rows = [...stdout.matchAll(/^ +(\d+) +[1-9]\d* +0 +[\d.]+ +[\d.]+ /gm)].map(([, count]) => count);
    assert.deepEqual(rows, clients.split(','), stdout);
    const head = blocks('text')[0]?.split('\n')[0] ?? '';
    assert.ok(head.includes('tokens/s') && stdout.includes(head), 'the table that the README shows');
  }
});

test('every command of the README is run by one of these tests', () => {
  const known = commands.filter(
    (command, index) =>
      index < 2 || curls.includes(command) || benches.includes(command) || command.startsWith('npm run serve -- '),
  );
  assert.deepEqual(commands, known);
});
