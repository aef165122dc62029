import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveSettings } from '../../src/config/resolve.ts';
import { settingNames, type Settings } from '../../src/config/settings.ts';
import { UsageError } from '../../src/config/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-config-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function read(name: string, text: string): Settings {
  return resolveSettings({ config: file(name, text) }, {}).settings;
}

function refuses(name: string, text: string, message: string): void {
  assert.throws(() => read(name, text), new UsageError(message.replace('FILE', join(folder, name))));
}

test('YAML keys are read in kebab-case and camelCase', () => {
  const settings = read(
    'server.yaml',
    '# ours\nport: 9000\nmax-queue: 0\nmaxQueueWait: 1.5\nmax-body: 2mb\ntemperature: 0\ncors-origin: ["*"]\ndevice: cuda:0\n',
  );
  assert.equal(settings.port, 9000);
  assert.equal(settings.maxQueue, 0);
  assert.equal(settings.maxQueueWait, 1.5);
  assert.equal(settings.maxBody, 2_097_152);
  assert.equal(settings.temperature, 0);
  assert.deepEqual(settings.corsOrigin, ['*']);
  assert.equal(settings.device, 'cuda:0');
});

test('JSON is read, with a byte order mark and tabs too', () => {
  const settings = read('server.json', '\uFEFF{\n\t"topP": 1,\n\t"api-key": ["one", "two"],\n\t"gpuLayers": 3\n}');
  assert.equal(settings.topP, 1);
  assert.deepEqual(settings.apiKey, ['one', 'two']);
  assert.equal(settings.gpuLayers, 3);
});

test('every setting but config can be set in a file', () => {
  for (const name of settingNames) {
    if (name === 'config')
      refuses('self.json', '{"config": "a"}', 'FILE: config cannot be set in a config file; remove it.');
    else
      assert.throws(
        () => read('all.json', JSON.stringify({ [name]: {} })),
        new RegExp(`^UsageError: all.json: ${name} must be`),
      );
  }
});

test('a list may be a single text, whose commas stay', () => {
  assert.deepEqual(read('key.yaml', 'apiKey: a,b\n').apiKey, ['a,b']);
});

test('paths are relative to the file', () => {
  const settings = read('paths.yaml', 'model_name_or_path: models/a.gguf\n');
  assert.deepEqual(settings.model, [join(folder, 'models/a.gguf')]);
  file('k.txt', 'secret\n');
  assert.deepEqual(read('keys.yaml', 'api-key-file: k.txt\n').apiKey, ['secret']);
});

test('a name of a model on a hub stays as it is, unless there is such a path beside the file', () => {
  assert.deepEqual(read('hub.yaml', 'model: [hf:a/b, owner/name, https://h/x.gguf]\n').model, [
    'hf:a/b',
    'owner/name',
    'https://h/x.gguf',
  ]);
  mkdirSync(join(folder, 'owner/name'), { recursive: true });
  assert.deepEqual(read('hub.yaml', 'model: owner/name\n').model, [join(folder, 'owner/name')]);
  assert.deepEqual(read('hub.yaml', 'model: owner/name.gguf\n').model, [join(folder, 'owner/name.gguf')]);
});

test('an empty file sets nothing', () => {
  assert.equal(read('empty.yaml', '').port, 8000);
  assert.equal(read('comment.yaml', '# port: 1\n').port, 8000);
});

test('a missing file is one sentence', () => {
  const path = join(folder, 'nowhere.yaml');
  const message = `The config file ${path} cannot be read: there is no such file.`;
  assert.throws(() => resolveSettings({ config: path }, {}), new UsageError(message));
  assert.throws(
    () => resolveSettings({ config: folder }, {}),
    new UsageError(`The config file ${folder} cannot be read: it is a folder.`),
  );
});

test('a broken file is one sentence on one line', () => {
  assert.throws(
    () => read('broken.yaml', 'port: [1\nhost: a'),
    (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^The config file .*broken\.yaml is not valid YAML: .* at line 2, column \d+\.$/);
      return true;
    },
  );
  assert.throws(
    () => read('broken.json', '{"port": }'),
    /^UsageError: The config file .*broken\.json is not valid JSON: [^\n]+\.$/,
  );
  assert.throws(() => read('twice.yaml', 'port: 1\nport: 2\n'), /is not valid YAML: Map keys must be unique/);
});

test('a wrong type names file, key and value', () => {
  refuses('type.yaml', 'port: eight\n', 'type.yaml: port must be a whole number from 0 to 65535, not "eight".');
  refuses('list.yaml', 'port: [1, 2]\n', 'list.yaml: port must be a whole number from 0 to 65535, not [1,2].');
  refuses('yes.yaml', 'max-queue: true\n', 'yes.yaml: max-queue must be a whole number of at least 0, not true.');
  refuses('null.yaml', 'seed:\n', 'null.yaml: seed must be a whole number from 0 to 4294967295, not an empty value.');
  refuses('alias.yaml', 'alias: 7\n', 'alias.yaml: alias must be a name without spaces, not 7.');
});

test('a file that is no mapping is refused', () => {
  const message = 'The config file FILE must hold a mapping from settings to values, such as "port: 8000".';
  refuses('list.json', '[1]', message);
  refuses('text.yaml', 'port 8000\n', message);
});

test('an unknown key is an error with the nearest name', () => {
  refuses('prot.yaml', 'prot: 1\n', 'FILE: unknown key prot; did you mean port?');
  refuses('snake.yaml', 'max_queue: 1\n', 'FILE: unknown key max_queue; did you mean max-queue?');
  refuses('other.yaml', 'tokenizer: 1\n', 'FILE: unknown key tokenizer; the keys are named as the flags are.');
  assert.throws(() => read('proto.json', '{"__proto__": 1}'), /unknown key __proto__/);
});

test('one setting under two spellings is refused', () => {
  refuses(
    'two.yaml',
    'max-queue: 1\nmaxQueue: 2\n',
    'FILE: max-queue and maxQueue are the same setting; keep one of them.',
  );
});
