import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { FakeModel, hello, start } from '../support/fake-model.ts';
import { screen } from '../support/screen.ts';
import { withServer } from '../support/server.ts';

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `hearth bench`. */
async function bench(args: readonly string[], isTTY = false): Promise<Ended> {
  const terminal = { env: {}, stdout: screen(), stderr: screen(isTTY) };
  const code = await run(['bench', ...args], terminal);
  return { code, stdout: terminal.stdout.text(), stderr: terminal.stderr.text() };
}

const short = ['--clients', '1,2', '--requests', '4', '--prompt-tokens', '6', '--max-tokens', '3', '--seed', '7'];

let folder = '';
before(async () => (folder = await mkdtemp(join(tmpdir(), 'hearth-bench-'))));
after(() => rm(folder, { recursive: true, force: true }));

const numbers = { p50: 'number', p95: 'number' };

/** The value with the types of its leaves in their place. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (value === null || typeof value !== 'object') return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
}

for (const { path, kind, streamed } of [
  { path: '/v1', kind: 'openai', streamed: true },
  { path: '/llm/', kind: 'post-api', streamed: false },
]) {
  test(`${path} is measured, and --json leaves JSON alone on stdout`, async () => {
    await withServer({}, async ({ url, model }) => {
      const { code, stdout, stderr } = await bench([url + path, '--json', ...short]);
      assert.equal(stderr, '');
      assert.equal(code, 0);
      // a warm-up, and four requests a level
      assert.equal(model.requests.length, 1 + 2 * 4);
      const prompts = model.requests.map(({ prompt }) => JSON.stringify(prompt));
      assert.equal(new Set(prompts).size, prompts.length);
      const report = JSON.parse(stdout) as { target: object; settings: object; levels: Record<string, unknown>[] };
      assert.deepEqual(report.target, { kind, name: url + path });
      const { settings, levels } = report;
      assert.deepEqual(settings, { workload: 'chat', promptTokens: 6, maxTokens: 3, requests: 4, seed: 7 });
      assert.deepEqual(
        levels.map(({ clients, requests, errors }) => [clients, requests, errors]),
        [
          [1, 4, 0],
          [2, 4, 0],
        ],
      );
      for (const level of levels) {
        assert.deepEqual(shape(level), {
          clients: 'number',
          seconds: 'number',
          requests: 'number',
          errors: 'number',
          outputTokensPerSecond: 'number',
          promptTokensPerSecond: 'number',
          firstTokenMs: { ...numbers, p99: 'number' },
          betweenTokensMs: streamed ? numbers : { p50: null, p95: null },
          totalMs: numbers,
          promptTokens: 'number',
          cachedTokens: streamed ? 'number' : null,
          completionTokens: 'number',
          promptTokensRead: null,
          promptTokensUnique: null,
        });
        assert.equal(level['completionTokens'], 12);
        assert.ok(Number(level['outputTokensPerSecond']) > 0);
      }
    });
  });
}

test('people get a table with a line for each level', async () => {
  await withServer({}, async ({ url }) => {
    const { code, stdout, stderr } = await bench([`${url}/v1`, ...short]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    const [head, empty, groups, names, ...levels] = stdout.trimEnd().split('\n');
    assert.equal(head, `${url}/v1: chat, 6 + 3 tokens, 4 requests a level, seed 7`);
    assert.equal(empty, '');
    assert.match(groups ?? '', /^ +tokens\/s +first token, ms +next token, ms +answer, ms +prompt tokens$/);
    assert.match(names ?? '', /^clients {2}requests {2}errors {4}output .* cached {2}read\/unique$/);
    const row = /^ +\d +4 +0( +[\d.]+){9} +8 +–$/;
    for (const level of levels) assert.match(level, row);
    assert.deepEqual(
      levels.map((level) => level.length),
      [names?.length, names?.length],
    );
  });
});

test('agents share a system prompt and go on with the replies', async () => {
  await withServer({}, async ({ url, model }) => {
    const agents = [
      '--workload',
      'agents',
      '--shared-tokens',
      '9',
      '--turns',
      '2',
      '--clients',
      '1',
      '--requests',
      '3',
    ];
    const { code } = await bench([`${url}/llm/`, ...agents, '--prompt-tokens', '2', '--json']);
    assert.equal(code, 0);
    const roles = model.requests.map(({ prompt }) =>
      prompt.kind === 'chat' ? prompt.messages.map(({ role }) => role).join(' ') : 'text' in prompt && prompt.text,
    );
    assert.deepEqual(roles, ['Say hello.', 'system user', 'system user assistant user', 'system user']);
  });
});

test('--plot draws every level', async () => {
  const file = join(folder, 'load.svg');
  await withServer({}, async ({ url }) => {
    assert.equal((await bench([`${url}/v1`, '--plot', file, ...short])).code, 0);
  });
  const svg = await readFile(file, 'utf8');
  assert.match(svg, /^<svg [^]*<\/svg>\n$/);
  for (const title of ['1 client: output', '2 clients: output', '1 client: time to first', '2 clients: time to first'])
    assert.ok(svg.includes(`<title>${title}`), title);
});

test('a plot that cannot be written is told before anything is measured', async () => {
  await withServer({}, async ({ url, model }) => {
    const file = join(folder, 'none', 'load.svg');
    const { code, stdout, stderr } = await bench([`${url}/v1`, '--plot', file, ...short]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, `hearth: --plot ${file} cannot be written: its folder is not there.\n`);
    assert.equal(model.requests.length, 0);
  });
});

test('a server that nobody runs is one line on stderr and exit code 1', async () => {
  for (const path of ['/v1', '/llm/']) {
    const { code, stdout, stderr } = await bench([`http://127.0.0.1:1${path}`, ...short]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^hearth: http:\/\/127\.0\.0\.1:1\/\S+ cannot be reached: nobody listens there; .*\.\n$/);
  }
});

test('bad usage is one line on stderr and exit code 2', async () => {
  const { code, stdout, stderr } = await bench(['http://127.0.0.1:1', ...short]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^hearth: .* must end in \/v1 or \/llm\/; .*\?\n$/);
});

/** A model whose requests fail from the one with this number on, the warm-up being 0. */
function failingFrom(number: number, every = 1): FakeModel {
  let asked = 0;
  return new FakeModel(() => {
    const mine = asked++;
    return mine >= number && mine % every === 0 ? [{ type: 'fail', error: new Error('broken') }] : hello;
  });
}

test('some failures are counted and told; the exit code stays 0', async () => {
  await withServer({ model: failingFrom(1, 2) }, async ({ url }) => {
    const { code, stdout, stderr } = await bench([`${url}/v1`, ...short]);
    assert.equal(code, 0);
    assert.match(stdout, /\n +1 +4 +2 /);
    assert.match(stderr, /^hearth: 4 of 8 requests failed: http\S+ answered 500: .*\n$/);
  });
});

test('when every request fails the exit code is 1', async () => {
  await withServer({ model: failingFrom(1) }, async ({ url }) => {
    const { code, stdout, stderr } = await bench([`${url}/llm/`, '--json', ...short]);
    assert.equal(code, 1);
    const { levels } = JSON.parse(stdout) as { levels: { errors: number }[] };
    assert.deepEqual(
      levels.map(({ errors }) => errors),
      [4, 4],
    );
    assert.match(stderr, /^hearth: 8 of 8 requests failed: /);
  });
  await withServer({ model: failingFrom(0) }, async ({ url }) => {
    const { code, stdout, stderr } = await bench([`${url}/v1`, ...short]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^hearth: http\S+ answered 500: /);
  });
});

test('a terminal shows how a level goes, and keeps nothing of it', async () => {
  const slow = { type: 'wait', until: new Promise((resolve) => setTimeout(resolve, 600)) } as const;
  const model = new FakeModel(() => [start, slow, ...hello.slice(1)]);
  await withServer({ model }, async ({ url }) => {
    const args = [`${url}/v1`, '--clients', '1', '--duration', '0.1'];
    const { stderr } = await bench(args, true);
    assert.ok(stderr.endsWith('\r\u001b[K'), JSON.stringify(stderr));
  });
});

test('a key goes to a server that wants one', async () => {
  await withServer({ settings: { apiKeys: ['secret'] } }, async ({ url }) => {
    assert.equal((await bench([`${url}/v1`, '--api-key', 'secret', ...short])).code, 0);
    const { code, stderr } = await bench([`${url}/v1`, ...short]);
    assert.equal(code, 1);
    assert.match(stderr, /answered 401/);
  });
});
