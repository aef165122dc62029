import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chatTemplateOf } from '../../src/compose/chat-template.ts';
import { resolveSettings, type Flags } from '../../src/config/resolve.ts';
import { servedModels, withoutEffect, type ServedModel } from '../../src/config/served-models.ts';
import { UsageError } from '../../src/config/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-models-'));
after(() => rmSync(folder, { recursive: true }));
for (const name of ['a.gguf', 'b.gguf', 'adapter.gguf', 'with=sign.gguf', 'chat.jinja', 'broken.jinja'])
  writeFileSync(join(folder, name), name === 'broken.jinja' ? '{% if %}' : 'text');
mkdirSync(join(folder, 'onnx-model'));

function served(yaml: string, flags: Flags = {}): ServedModel[] {
  const config = join(folder, 'hearth.yaml');
  writeFileSync(config, yaml);
  return servedModels(resolveSettings({ ...flags, config }, {}).settings);
}

const refuses = (message: string, yaml: string, flags?: Flags): void =>
  assert.throws(() => served(yaml, flags), new UsageError(message.replaceAll('FOLDER', folder)));

test('each entry has settings of its own, which go before flags; the rest is the server’s', () => {
  const models = served(
    `context-size: 512
models:
  - { model: a.gguf, alias: one, context-size: 256, temperature: 0, lora: adapter.gguf=0.5 }
  - { model: b.gguf, idleUnload: 5, chat-template: chatml, preload: true }
`,
    { contextSize: '1024' },
  );
  assert.deepEqual(
    models.map(({ file, settings }) => [file.id, settings.contextSize, settings.temperature, settings.idleUnload]),
    [
      ['one', 256, 0, undefined],
      ['b', 1024, undefined, 5],
    ],
  );
  assert.deepEqual(models[0]?.lora, [{ path: join(folder, 'adapter.gguf'), scale: 0.5 }]);
  assert.deepEqual([models[1]?.settings.preload, models[1]?.settings.chatTemplate], [true, 'chatml']);
});

test('--model takes entries by their alias, and paths beside them', () => {
  const yaml = 'models:\n  - { model: a.gguf, alias: one, seed: 1 }\n  - { model: b.gguf, alias: two }\n';
  const models = served(yaml, { model: ['one', join(folder, 'b.gguf')], alias: 'plain' });
  assert.deepEqual(
    models.map(({ file, settings }) => [file.id, settings.seed]),
    [
      ['one', 1],
      ['plain', undefined],
    ],
  );
});

test('a wrong entry is told with the file, the entry and the key', () => {
  const entry = (keys: string): string => `models:\n  - { model: a.gguf }\n  - { ${keys} }\n`;
  refuses(
    'hearth.yaml: models[1]: parallel must be a whole number from 1 to 256, not 0.',
    entry('model: b, parallel: 0'),
  );
  refuses('FOLDER/hearth.yaml: models[1]: unknown key paralel; did you mean parallel?', entry('paralel: 1'));
  refuses('FOLDER/hearth.yaml: models[1]: port is for the whole server; put it beside models.', entry('port: 1'));
  refuses('FOLDER/hearth.yaml: models[1] names no model; give it one, such as "model: my.gguf".', entry('seed: 1'));
  refuses('FOLDER/hearth.yaml: models[0] must be a mapping, such as "model: my.gguf".', 'models: [a.gguf]\n');
  refuses('FOLDER/hearth.yaml: models must be a list of mappings, such as "- model: my.gguf".', 'models: a.gguf\n');
  refuses(
    'FOLDER/hearth.yaml: model and models both say what is served; put all of them into models.',
    'model: a.gguf\nmodels:\n  - { model: b.gguf }\n',
  );
  refuses('Two models are called a; give each its own --alias, in the order of the models.', entry('model: a.gguf'));
});

test('two CUDA devices in one server are refused, and adapters of an ONNX model', () => {
  refuses(
    'a wants cuda:0 and b cuda:1, but one server computes on one CUDA device; give them the same --device, or start a second server.',
    "models:\n  - { model: a.gguf, device: 'cuda:0' }\n  - { model: b.gguf, device: 'cuda:1' }\n",
  );
  refuses(
    '--lora is for GGUF models, and onnx-model is an ONNX model; leave it out there.',
    'models:\n  - { model: onnx-model, lora: adapter.gguf }\n',
  );
});

test('an adapter may have a scale, and a name with an equals sign', () => {
  const lora = (given: string): unknown => served(`models:\n  - { model: a.gguf, lora: ${given} }\n`)[0]?.lora;
  assert.deepEqual(lora('adapter.gguf'), [{ path: join(folder, 'adapter.gguf'), scale: 1 }]);
  assert.deepEqual(lora('with=sign.gguf'), [{ path: join(folder, 'with=sign.gguf'), scale: 1 }]);
  assert.throws(() => lora('adapter.gguf=much'), /the scale must be a number, not "much"\.$/);
  assert.throws(() => lora('none.gguf'), /cannot be read: there is no such file; name a LoRA adapter in GGUF\.$/);
});

test('--models-dir serves GGUF files and ONNX folders, the first part of split ones, and no projectors', () => {
  const dir = join(folder, 'dir');
  mkdirSync(join(dir, 'vectors', 'onnx'), { recursive: true });
  mkdirSync(join(dir, 'deeper'));
  for (const name of [
    'big-00001-of-00002.gguf',
    'big-00002-of-00002.gguf',
    'mmproj-big.gguf',
    'small.GGUF',
    'notes.txt',
    'vectors/config.json',
    'deeper/other.gguf',
  ])
    writeFileSync(join(dir, name), 'GGUF');
  const ids = served('{}', { modelsDir: dir }).map(({ file }) => `${file.id} ${file.format}`);
  assert.deepEqual(ids, ['big-00001-of-00002 gguf', 'other gguf', 'small gguf', 'vectors onnx']);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  refuses(`--models-dir ${empty} has no GGUF files and no ONNX folders; name another.`, '{}', { modelsDir: empty });
});

test('a chat template is a name of the table or a file that Jinja can read', () => {
  assert.match(chatTemplateOf({ chatTemplate: 'ChatML' }) ?? '', /im_start/);
  assert.equal(chatTemplateOf({ chatTemplate: join(folder, 'chat.jinja') }), 'text');
  assert.equal(chatTemplateOf({ chatTemplate: undefined }), undefined);
  assert.throws(() => chatTemplateOf({ chatTemplate: 'chatmll' }), /name a Jinja file, or one of chatml, llama3, /);
  assert.throws(() => chatTemplateOf({ chatTemplate: join(folder, 'broken.jinja') }), /is no chat template in Jinja: /);
});

test('settings of llama.cpp that somebody gave an ONNX model are told by their flags, and those of a GGUF model are not', () => {
  const config = 'models:\n  - { model: a.gguf, flash-attention: on }\n  - { model: onnx-model';
  const told = (own: string, flags: Flags = {}): (string | undefined)[] =>
    served(`${config}${own} }\n`, flags).map((one) => withoutEffect(one));
  const sentence = (flags: string): string =>
    `${flags} for GGUF models and without effect on onnx-model, which is an ONNX model.`;
  assert.deepEqual(told(''), [undefined, undefined]);
  assert.deepEqual(told(', threads: 1', { contextSize: '512' }), [undefined, undefined]);
  assert.deepEqual(told(', gpu-layers: 3'), [undefined, sentence('--gpu-layers is')]);
  // Also where what was given is the default.
  assert.deepEqual(told('', { kvCacheType: 'f16' }), [undefined, sentence('--kv-cache-type is')]);
  assert.deepEqual(told(', gpu-layers: auto, flash-attention: off', { kvCacheType: 'q8_0' }), [
    undefined,
    sentence('--gpu-layers, --kv-cache-type and --flash-attention are'),
  ]);
});

test('the same settings from a variable are told too', () => {
  const { settings } = resolveSettings({ model: join(folder, 'onnx-model') }, { HEARTH_FLASH_ATTENTION: 'on' });
  assert.match(servedModels(settings).map(withoutEffect).join(), /^--flash-attention is for GGUF models/);
});
