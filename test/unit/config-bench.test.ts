import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveBench, type BenchFlags } from '../../src/config/resolve-bench.ts';
import { UsageError } from '../../src/config/usage-error.ts';

const v1 = 'http://127.0.0.1:8000/v1';

test('a benchmark that is told nothing loads the embedded model and asks it chat prompts', () => {
  const { bench, measured, warnings } = resolveBench({}, undefined, {});
  const { seed, ...rest } = bench;
  assert.deepEqual(rest, {
    clients: [1, 4, 8],
    duration: 10,
    requests: undefined,
    workload: 'chat',
    promptTokens: 128,
    maxTokens: 64,
    sharedTokens: 512,
    turns: 4,
    apiKey: undefined,
    servedModel: undefined,
    json: false,
    plot: undefined,
  });
  assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
  assert.ok(measured.kind === 'model');
  assert.deepEqual(measured.settings.model, []);
  assert.deepEqual(warnings, []);
});

test('a model in this process follows its flags and the variables', () => {
  const { measured, warnings } = resolveBench({ model: 'a.gguf', threads: '2' }, undefined, {
    HEARTH_PARALLEL: '3',
    HEARTH_MISTAKE: '1',
  });
  assert.ok(measured.kind === 'model');
  const { model, threads, parallel } = measured.settings;
  assert.deepEqual([model, threads, parallel], [['a.gguf'], 2, 3]);
  assert.equal(warnings.length, 1);
});

test('the end of the URL says the dialect', () => {
  const kind = (url: string): string => {
    const { measured } = resolveBench({}, url, {});
    return measured.kind === 'model' ? 'model' : `${measured.kind} ${measured.url.href}`;
  };
  assert.equal(kind(v1), `openai ${v1}`);
  assert.equal(kind('https://host/proxy/v1/'), 'openai https://host/proxy/v1/');
  assert.equal(kind('http://host:1/llm'), 'post-api http://host:1/llm/');
  assert.equal(kind('http://host:1/llm/'), 'post-api http://host:1/llm/');
});

test('clients are numbers with commas between them', () => {
  assert.deepEqual(resolveBench({ clients: '1, 16,2' }, v1, {}).bench.clients, [1, 16, 2]);
});

const refused: [BenchFlags, string | undefined, string][] = [
  [
    { clients: '1,x' },
    v1,
    '--clients must be whole numbers from 1 to 1024 with commas between them, such as 1,4,8, not "1,x".',
  ],
  [
    { clients: '0' },
    v1,
    '--clients must be whole numbers from 1 to 1024 with commas between them, such as 1,4,8, not "0".',
  ],
  [{ duration: '0' }, v1, '--duration must be a number above 0 and at most 86400, not "0".'],
  [{ requests: ['1', '2'] }, v1, '--requests was given 2 times; give it once.'],
  [{ json: [true, true] }, v1, '--json was given 2 times; give it once.'],
  [{ workload: 'batch' }, v1, '--workload must be chat or agents, not "batch".'],
  [{ plot: 'a.png' }, v1, '--plot must be the path of an SVG file, not "a.png".'],
  [{ apiKey: 'a b' }, v1, '--api-key must be a text of ASCII characters without spaces.'],
  [{ requests: '1', duration: '1' }, v1, '--requests and --duration both say how long a level is; give one of them.'],
  [{ turns: '2' }, v1, '--turns is for agents; add --workload agents, or leave it out.'],
  [{ model: ['a.gguf', 'b.gguf'] }, undefined, 'A benchmark measures one model, but 2 were given; leave one.'],
  [{ threads: '2' }, v1, `--threads is for a model in this process; leave out it or the URL ${v1}.`],
  [
    { servedModel: 'a' },
    undefined,
    '--served-model is for a server; give its URL, as in hearth bench http://127.0.0.1:8000/v1.',
  ],
  [{ servedModel: 'a' }, 'http://a/llm/', '--served-model is for /v1; leave it out, /llm/ serves one model.'],
  [{}, '127.0.0.1:8000/v1', '127.0.0.1:8000/v1 is no URL of a server; did you mean http://127.0.0.1:8000/v1?'],
  [{}, 'server', 'server is no URL of a server; it begins with http:// or https://.'],
  [{}, 'http://a:1', 'http://a:1 must end in /v1 or /llm/; did you mean http://a:1/v1 or http://a:1/llm/?'],
];
for (const [flags, url, message] of refused) {
  test(`refuses ${JSON.stringify(flags)} for ${url ?? 'a model'}`, () => {
    assert.throws(() => resolveBench(flags, url, {}), new UsageError(message));
  });
}
