import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { banner, type Running } from '../../src/cli/banner.ts';
import { runServer } from '../../src/cli/serve.ts';
import { reportFailure } from '../../src/cli/failure.ts';
import { progressBar } from '../../src/cli/progress.ts';
import { stopSignals } from '../../src/cli/signals.ts';
import { painter, type Terminal } from '../../src/cli/terminal.ts';
import { packageRoot } from '../../src/config/model-path.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import { UsageError } from '../../src/config/usage-error.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import type { ContextMemory } from '../../src/contract/memory.ts';
import type { ModelInfo } from '../../src/contract/model.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { screen, type Screen } from '../support/screen.ts';
import { tinyPath } from '../support/tiny-model.ts';

function terminal(stderr: Screen): Terminal {
  return { env: {}, stdout: screen(false), stderr };
}

const chat: ModelInfo = {
  id: 'SmolLM2-135M-Instruct.Q4_1',
  format: 'gguf',
  contextSize: 2048,
  slots: 4,
  device: 'cpu (2 threads)',
  tasks: ['generate'],
  created: 1,
};
const running: Running = {
  version: '0.1.0',
  url: 'http://127.0.0.1:8000',
  models: [{ info: chat, file: '/srv/my.gguf' }],
  keys: false,
};

const plain = painter(screen(false), {});

test('the banner tells URL, model, device, slots and a curl line', () => {
  assert.equal(
    banner(running, plain),
    `hearth 0.1.0 is ready on http://127.0.0.1:8000

  model   SmolLM2-135M-Instruct.Q4_1 (/srv/my.gguf)
  device  cpu (2 threads)
  slots   4 × 2048 tokens

  curl -s http://127.0.0.1:8000/llm/ -H 'content-type: application/json' -d '{"inputs":"The capital of France is","max_new_tokens":8}'

Ctrl-C stops.
`,
  );
});

test('the banner tells what the slots take and why, and what the weights take', () => {
  const GiB = 2 ** 30;
  const memory: ContextMemory = {
    kvCacheType: 'q8_0',
    flashAttention: true,
    contextBytes: 1.5 * GiB,
    freeBytes: 21.3 * GiB,
    place: 'memory',
    containerLimit: undefined,
    why: 'half at most',
    modelBytes: 0.5 * GiB,
  };
  const line = (more: Partial<ContextMemory>): string | undefined =>
    /^ {2}memory {2}(.*)$/m.exec(
      banner({ ...running, models: [{ info: { ...chat, memory: { ...memory, ...more } }, file: '/a' }] }, plain),
    )?.[1];
  assert.equal(
    line({}),
    'slots 1.5 GiB of 21.3 GiB memory free (half at most); KV cache q8_0, flash attention; weights 512 MiB',
  );
  const gpu = { place: 'GPU memory', containerLimit: 32 * GiB, flashAttention: undefined } as const;
  assert.match(line(gpu) ?? '', /GPU memory free \(container limit 32\.0 GiB, half at most\); KV cache q8_0; weights/);
});

test('the banner tells of every model, and how to ask the first', () => {
  const vectors: ModelInfo = { ...chat, id: 'vectors', tasks: ['embed'], contextSize: 512, slots: 2, dimensions: 384 };
  const ranks: ModelInfo = { ...chat, id: 'ranks', tasks: ['rank'], contextSize: 512, slots: 2 };
  const models = [vectors, chat, ranks].map((info) => ({ info, file: `/srv/${info.id}.gguf` }));
  const text = banner({ ...running, models }, plain);
  assert.match(
    text,
    / model {3}vectors \(.*\n.*\n {2}inputs {2}2 × 512 tokens, vectors of 384 numbers\n\n {2}model {3}SmolLM2/,
  );
  assert.match(text, / inputs {2}2 × 512 tokens, scores\n/);
  assert.match(text, /curl -s \S+\/v1\/embeddings .* -d '\{"model":"vectors","input":/);
  assert.match(banner({ ...running, models: models.slice(2) }, plain), /\/v1\/rerank .*"query":.*"documents":/);
});

test('the banner shows where a key goes, and an address that can be called', () => {
  const text = banner({ ...running, keys: true, url: 'http://0.0.0.0:9000/' }, plain);
  assert.match(text, /curl -s http:\/\/127\.0\.0\.1:9000\/llm\/ .* -H 'authorization: Bearer YOUR_KEY' /);
  assert.match(banner({ ...running, url: 'http://[::]:9000' }, plain), /ready on http:\/\/\[::1\]:9000\n/);
});

test('colours are for terminals that want them', () => {
  assert.equal(painter(screen(true), {})('bold', 'a'), '\u001b[1ma\u001b[22m');
  assert.equal(painter(screen(true), { NO_COLOR: '' })('bold', 'a'), '\u001b[1ma\u001b[22m');
  assert.equal(painter(screen(true), { NO_COLOR: '1' })('bold', 'a'), 'a');
  assert.equal(painter(screen(true), { TERM: 'dumb' })('bold', 'a'), 'a');
  assert.equal(painter(screen(false), {})('bold', 'a'), 'a');
});

test('a progress bar shows on a terminal alone', () => {
  for (const isTTY of [true, false]) {
    const stderr = screen(isTTY);
    const bar = progressBar('Loading', terminal(stderr));
    bar.update(0.5);
    bar.stop();
    bar.update(1);
    bar.stop();
    assert.equal(stderr.text().includes('Loading'), isTTY);
  }
});

function failure(error: unknown, stack = false): { code: number; text: string } {
  const stderr = screen(false);
  return { code: reportFailure(error, terminal(stderr), stack), text: stderr.text() };
}

const failures: [string, unknown, number, string][] = [
  ['bad usage', new UsageError('--port is wrong.'), 2, 'hearth: --port is wrong.\n'],
  [
    'a failure of ours',
    new InferenceError('model_failed', 'The model is broken.'),
    1,
    'hearth: The model is broken.\n',
  ],
  [
    'a port in use',
    Object.assign(new Error('listen'), { code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port: 8000 }),
    1,
    'hearth: Cannot listen: port 8000 on 127.0.0.1 is already in use; stop what listens there, or choose another --port (0 picks a free one).\n',
  ],
  [
    'a port for administrators',
    Object.assign(new Error('listen'), { code: 'EACCES', syscall: 'listen', address: '127.0.0.1', port: 80 }),
    1,
    'hearth: Cannot listen: this user may not open port 80 on 127.0.0.1; choose a --port from 1024 up.\n',
  ],
  [
    "another machine's address",
    Object.assign(new Error('listen'), { code: 'EADDRNOTAVAIL', syscall: 'listen', address: '10.9.9.9', port: 80 }),
    1,
    'hearth: Cannot listen: 10.9.9.9 is no address of this machine; change --host.\n',
  ],
  [
    'a host that nobody knows',
    Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nowhere' }),
    1,
    'hearth: Cannot listen: the host name nowhere is not known; change --host.\n',
  ],
  [
    'a bug, on one line',
    new Error('first\n  second'),
    1,
    'hearth: The server failed: first second (--log-level debug shows where)\n',
  ],
  ['a thrown text', 'oops', 1, 'hearth: The server failed: oops\n'],
];
for (const [what, error, code, text] of failures) {
  test(`tells ${what} in one line and exits with ${code}`, () => {
    assert.deepEqual(failure(error), { code, text });
  });
}

test('a stack and its causes are shown where they were asked for', () => {
  const { text } = failure(new Error('outer', { cause: new Error('inner') }), true);
  assert.match(text, /^hearth: .*\nError: outer\n +at /);
  assert.match(text, /\ncaused by Error: inner\n +at /);
});

function signals(): { send(signal: NodeJS.Signals, at: number): void; seen(): Promise<string[]>; listeners(): number } {
  const source = new EventEmitter();
  let time = 0;
  const seen: string[] = [];
  const watched = stopSignals(source as unknown as NodeJS.Process, () => time);
  void watched.first.then((word) => seen.push(word));
  void watched.second.then((word) => seen.push(word));
  return {
    send(signal, at) {
      time = at;
      source.emit(signal, signal);
    },
    async seen() {
      await new Promise(setImmediate);
      return seen;
    },
    listeners() {
      watched.close();
      return source.listenerCount('SIGTERM') + source.listenerCount('SIGINT');
    },
  };
}

test('the first signal stops, the second ends', async () => {
  const source = signals();
  assert.deepEqual(await source.seen(), []);
  source.send('SIGTERM', 0);
  assert.deepEqual(await source.seen(), ['stop']);
  source.send('SIGTERM', 1);
  assert.deepEqual(await source.seen(), ['stop', 'kill']);
  assert.equal(source.listeners(), 0);
});

test('the Ctrl-C that npm passes on is not a second one', async () => {
  const source = signals();
  source.send('SIGINT', 0);
  source.send('SIGINT', 300);
  assert.deepEqual(await source.seen(), ['stop']);
  source.send('SIGINT', 301);
  assert.deepEqual(await source.seen(), ['stop', 'kill']);
});

test('a file in the working folder is shown by its short name', () => {
  assert.equal(process.cwd() + '/', packageRoot);
  assert.match(
    banner({ ...running, models: [{ info: chat, file: `${packageRoot}models/a.gguf` }] }, plain),
    / \(models\/a\.gguf\)\n/,
  );
});

test('a model that fails for good ends the command with its reason', async () => {
  const broken = new InferenceError('model_failed', 'The model has failed and must be loaded again.');
  const closed = Promise.reject(broken);
  closed.catch(() => {});
  const command = runServer({
    settings: defaultSettings({ model: [tinyPath] }),
    version: '0.1.0',
    terminal: terminal(screen(false)),
    log: createLogger({ level: 'silent', format: 'json' }),
    serve: async () => ({ url: running.url, models: [chat], statuses: [], close: async () => {}, closed }),
  });
  await assert.rejects(command, broken);
  const stderr = screen(false);
  assert.equal(reportFailure(broken, terminal(stderr), false), 1);
  assert.match(stderr.text(), /must be loaded again/);
});
