import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { flagName } from '../../src/config/names.ts';
import { defaultSettings, resolveSettings, type Flags } from '../../src/config/resolve.ts';
import { declarations, settingNames } from '../../src/config/settings.ts';
import { UsageError } from '../../src/config/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-settings-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function usage(message: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UsageError, String(error));
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

const unset = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, undefined]));

test('without anything every setting has its declared default', () => {
  const { settings, origins, warnings } = resolveSettings({}, {});
  assert.deepEqual(settings, {
    model: [],
    models: [],
    alias: [],
    lora: [],
    ...unset('contextSize', 'parallel', 'threads', 'batchSize', 'dtype'),
    ...unset('chatTemplate', 'modelsDir', 'preload', 'idleUnload', 'memoryBudget'),
    device: 'auto',
    gpuLayers: 'auto',
    prefixReuse: 'on',
    promptCache: undefined,
    promptCacheSize: undefined,
    kvCacheType: 'f16',
    flashAttention: 'auto',
    host: '127.0.0.1',
    port: 8000,
    unknownFields: undefined,
    messagesKey: undefined,
    stringPrompt: 'raw',
    config: undefined,
    maxQueue: 128,
    maxQueueWait: 60,
    timeout: 600,
    maxBody: 33_554_432,
    storedResponses: 1000,
    storedResponsesSize: 64 * 1024 * 1024,
    stepBudget: 250,
    drainTimeout: 30,
    maxTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    minP: undefined,
    repetitionPenalty: undefined,
    seed: undefined,
    apiKey: [],
    apiKeyFile: undefined,
    corsOrigin: [],
    logLevel: 'info',
    logFormat: undefined,
  });
  assert.ok(settingNames.every((name) => origins[name].source === 'default'));
  assert.deepEqual(warnings, []);
});

test('every declared default passes its own check', () => {
  for (const name of settingNames) {
    const value: unknown = declarations[name].default;
    if (value !== undefined) assert.deepEqual(declarations[name].schema.parse(value), value, name);
  }
});

test('a flag wins over a variable, a variable over the file, the file over the default', () => {
  const config = file('order.json', '{"port": 1, "host": "file", "maxQueue": 1, "timeout": 1}');
  const env = { HEARTH_PORT: '2', HEARTH_HOST: 'env', HEARTH_MAX_QUEUE: '2' };
  const { settings, origins } = resolveSettings({ config, port: '3', host: 'flag' }, env);
  assert.deepEqual(
    [settings.port, settings.host, settings.maxQueue, settings.timeout, settings.maxQueueWait],
    [3, 'flag', 2, 1, 60],
  );
  assert.deepEqual(origins.port, { source: 'flag', label: '--port' });
  assert.deepEqual(origins.maxQueue, { source: 'env', label: 'HEARTH_MAX_QUEUE' });
  assert.deepEqual(origins.timeout, { source: 'file', label: 'order.json: timeout' });
  assert.deepEqual(origins.maxQueueWait, { source: 'default', label: 'default' });
});

test('a list from a stronger source replaces the weaker one', () => {
  const { settings } = resolveSettings({ apiKey: ['flag'] }, { HEARTH_API_KEY: 'a,b' });
  assert.deepEqual(settings.apiKey, ['flag']);
});

test('the variable HEARTH_CONFIG names the config file, and --config wins over it', () => {
  const one = file('one.yaml', 'port: 1\n');
  const two = file('two.yaml', 'port: 2\n');
  assert.equal(resolveSettings({}, { HEARTH_CONFIG: one }).settings.port, 1);
  assert.equal(resolveSettings({ config: two }, { HEARTH_CONFIG: one }).settings.port, 2);
});

test('a value that loses is checked as well', () => {
  assert.throws(
    () => resolveSettings({ port: '1' }, { HEARTH_PORT: 'x' }),
    usage(/^HEARTH_PORT must be .*, not "x"\.$/),
  );
});

test('zero is a value', () => {
  const flags: Flags = { temperature: '0', seed: '0', maxQueue: '0', port: '0', topK: '0', minP: '0', gpuLayers: '0' };
  const { settings } = resolveSettings({ ...flags, drainTimeout: '0' }, {});
  assert.equal(settings.temperature, 0);
  assert.equal(settings.seed, 0);
  assert.equal(settings.maxQueue, 0);
  assert.equal(settings.port, 0);
  assert.equal(settings.topK, 0);
  assert.equal(settings.minP, 0);
  assert.equal(settings.gpuLayers, 0);
  assert.equal(settings.drainTimeout, 0);
});

const accepted: [keyof Flags, string, unknown][] = [
  ['port', '65535', 65_535],
  ['device', 'cuda:1', 'cuda:1'],
  ['gpuLayers', 'max', 'max'],
  ['gpuLayers', '12', 12],
  ['maxBody', '32mb', 33_554_432],
  ['maxBody', '512KB', 524_288],
  ['maxBody', '1g', 1_073_741_824],
  ['maxBody', '10 b', 10],
  ['maxBody', '1048576', 1_048_576],
  ['temperature', '.5', 0.5],
  ['temperature', '7e-1', 0.7],
  ['timeout', '0.5', 0.5],
  ['seed', '4294967295', 4_294_967_295],
  ['host', '::1', '::1'],
  ['stringPrompt', 'chat', 'chat'],
  ['logLevel', 'silent', 'silent'],
  ['corsOrigin', '*', ['*']],
  ['corsOrigin', 'http://localhost:3000', ['http://localhost:3000']],
  ['model', './my.gguf', ['./my.gguf']],
  ['model', 'C:\\models\\my.gguf', ['C:\\models\\my.gguf']],
];
for (const [name, text, value] of accepted) {
  test(`--${flagName(name)} ${text} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(resolveSettings({ [name]: text }, {}).settings[name], value);
  });
}

const devices = 'auto, cpu, cuda, metal, vulkan, coreml, dml, webgpu or cuda:N (N is 0, 1, …)';

const refused: [keyof Flags, string, string][] = [
  ['port', 'abc', '--port must be a whole number from 0 to 65535, not "abc".'],
  ['port', '65536', '--port must be a whole number from 0 to 65535, not "65536".'],
  ['port', '80.5', '--port must be a whole number from 0 to 65535, not "80.5".'],
  ['port', '0x50', '--port must be a whole number from 0 to 65535, not "0x50".'],
  ['port', ' ', '--port must be a whole number from 0 to 65535, not " ".'],
  ['host', '', '--host must be a host name or an IP address, not an empty value.'],
  ['host', 'http://a', '--host must be a host name or an IP address, not "http://a".'],
  ['model', '', '--model must be a local GGUF file or ONNX folder, not an empty value.'],
  ['model', 'hf:a/b', '--model must be a local GGUF file or ONNX folder, not "hf:a/b".'],
  ['model', 'https://a/b.gguf', '--model must be a local GGUF file or ONNX folder, not "https://a/b.gguf".'],
  ['device', 'gpu', `--device must be ${devices}, not "gpu".`],
  ['device', 'cuda:', `--device must be ${devices}, not "cuda:".`],
  ['gpuLayers', 'all', '--gpu-layers must be auto, max or a whole number of layers, not "all".'],
  ['temperature', '-1', '--temperature must be a number of at least 0, not "-1".'],
  ['temperature', 'Infinity', '--temperature must be a number of at least 0, not "Infinity".'],
  ['temperature', '1e999', '--temperature must be a number of at least 0, not "1e999".'],
  ['topP', '2', '--top-p must be a number from 0 to 1, not "2".'],
  ['seed', '4294967296', '--seed must be a whole number from 0 to 4294967295, not "4294967296".'],
  ['parallel', '0', '--parallel must be a whole number from 1 to 256, not "0".'],
  ['timeout', '0', '--timeout must be a number above 0 and at most 2147483, not "0".'],
  ['timeout', '2147484', '--timeout must be a number above 0 and at most 2147483, not "2147484".'],
  ['maxBody', '10x', '--max-body must be a size such as 32mb, 512kb or 1048576 (bytes), not "10x".'],
  ['unknownFields', 'ignore', '--unknown-fields must be refuse or warn, not "ignore".'],
  [
    'corsOrigin',
    'https://a.example/',
    '--cors-origin must be * or an origin without a path, such as https://app.example.com, not "https://a.example/".',
  ],
];
for (const [name, text, message] of refused) {
  test(`--${flagName(name)} ${JSON.stringify(text)} is refused by name and value`, () => {
    assert.throws(() => resolveSettings({ [name]: text }, {}), usage(message));
  });
}

test('a flag that is no list cannot be repeated', () => {
  assert.throws(() => resolveSettings({ port: ['1', '2'] }, {}), usage('--port was given 2 times; give it once.'));
});

test('models and their aliases are lists, from flags and from a file', () => {
  const model = ['a.gguf', 'b.gguf'];
  assert.deepEqual(resolveSettings({ model, alias: 'chat' }, {}).settings.alias, ['chat']);
  assert.deepEqual(resolveSettings({ model }, {}).settings.model, model);
  const config = file('models.yaml', 'model: [/srv/a.gguf, /srv/b.gguf]\nalias: [chat, vectors]\n');
  const { settings } = resolveSettings({ config }, {});
  assert.deepEqual(
    [settings.model, settings.alias],
    [
      ['/srv/a.gguf', '/srv/b.gguf'],
      ['chat', 'vectors'],
    ],
  );
});

test('the wrong item of a list is named, not the whole list', () => {
  assert.throws(() => resolveSettings({ corsOrigin: ['*', 'b'] }, {}), usage(/, not "b"\.$/));
});

test('a wrong key is never shown', () => {
  for (const call of [
    () => resolveSettings({ apiKey: ['open sesame'] }, {}),
    () => resolveSettings({}, { HEARTH_API_KEY: 'open sesame' }),
    () => resolveSettings({ config: file('key.yaml', 'apiKey: open sesame\n') }, {}),
  ]) {
    assert.throws(call, usage(/^(?!.*sesame).*must be a text of ASCII characters without spaces/));
  }
});

test('the keys of the key file join those of --api-key', () => {
  const apiKeyFile = file('keys.txt', '\uFEFF# ours\none\r\n\n  two  \n# three\n');
  const { settings } = resolveSettings({ apiKey: ['zero', 'one'], apiKeyFile }, {});
  assert.deepEqual(settings.apiKey, ['zero', 'one', 'two']);
});

test('a key file without a key is refused, since the server would be open', () => {
  const apiKeyFile = file('none.txt', '# nothing\n');
  assert.throws(
    () => resolveSettings({ apiKeyFile }, {}),
    usage(`The API key file ${apiKeyFile} holds no key; write one on a line of its own.`),
  );
  assert.throws(
    () => resolveSettings({ apiKeyFile: join(folder, 'nowhere') }, {}),
    usage(/cannot be read: there is no such file\.$/),
  );
});

test('defaultSettings are the defaults with what differs', () => {
  assert.deepEqual(defaultSettings({ port: 0 }), { ...resolveSettings({}, {}).settings, port: 0 });
});
