import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { usableCores } from '../../src/engines/cores.ts';
import { writeTinyBert } from '../support/tiny-bert.ts';
import { loadTiny, tinyPath } from '../support/tiny-model.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-load-'));
});
after(() => rm(folder, { recursive: true }));

async function failure(options: Parameters<typeof loadTiny>[0]): Promise<InferenceError> {
  const error = await loadTiny(options).then(
    () => assert.fail('it was loaded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InferenceError, String(error));
  return error;
}

async function broken(name: string, content: Uint8Array): Promise<InferenceError> {
  const path = join(folder, name);
  await writeFile(path, content);
  const error = await failure({ path });
  assert.ok(error.message.includes(path), error.message);
  return error;
}

test('a file that is missing, empty, text, random or cut off is refused with a sentence of its own', async () => {
  assert.match((await failure({ path: join(folder, 'absent.gguf') })).message, /absent\.gguf cannot be read/);
  assert.match((await broken('empty.gguf', new Uint8Array())).message, /is empty/);
  assert.match((await broken('text.gguf', Buffer.from('hello world'))).message, /not a GGUF file/);
  assert.match((await broken('random.gguf', crypto.getRandomValues(new Uint8Array(9000)))).message, /not a GGUF file/);
  assert.match((await broken('magic.gguf', Buffer.from('GGUF'))).message, /cut off in its header/);
  const old = Buffer.concat([Buffer.from('GGUF'), Buffer.from([9, 0, 0, 0]), Buffer.alloc(40)]);
  assert.match((await broken('old.gguf', old)).message, /version 9; versions 2 and 3/);
  const damaged = Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(40, 0xff)]);
  assert.match((await broken('damaged.gguf', damaged)).message, /damaged header/);
  const whole = await readFile(tinyPath);
  assert.match((await broken('head.gguf', whole.subarray(0, 60))).message, /llama\.cpp says: .*key-value/);
  assert.match((await broken('half.gguf', whole.subarray(0, 250_000))).message, /llama\.cpp says: .*incomplete/);
});

test('a device that is not there is refused with those that are', async () => {
  const other = process.platform === 'darwin' ? 'cuda' : 'metal';
  const error = await failure({ device: other });
  assert.match(error.message, new RegExp(`The device ${other} is not available; available here: cpu`));
});

test('a device for ONNX models is refused for a GGUF file', async () => {
  for (const device of ['coreml', 'dml', 'webgpu']) {
    const error = await failure({ device });
    assert.equal(error.code, 'invalid_request');
    assert.match(
      error.message,
      new RegExp(`The device ${device} is for ONNX models; a GGUF file takes auto, cpu, cuda`),
    );
  }
});

test('more threads than cores are refused with both numbers', async () => {
  const cores = usableCores();
  assert.match((await failure({ threads: cores + 1 })).message, new RegExp(`${cores + 1} .* ${cores} `));
});

test('a context longer than the model was trained on is refused with both numbers', async () => {
  assert.match((await failure({ contextSize: 4096 })).message, /4096 .* 2048/);
});

test('a model that neither generates nor makes one vector of a text is refused', async () => {
  const path = join(folder, 'no-pooling.gguf');
  writeTinyBert(path, undefined);
  const error = await failure({ path });
  assert.equal(error.code, 'unsupported');
  assert.match(error.message, /no-pooling\.gguf \(bert\) cannot generate text, and its file names no pooling type/);
});
