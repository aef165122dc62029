import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { defaultModelPath, packageRoot, type ModelFile } from '../../src/config/model-path.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import { servedModels } from '../../src/config/served-models.ts';
import { UsageError } from '../../src/config/usage-error.ts';
import { InferenceError } from '../../src/contract/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-model-'));
after(() => rmSync(folder, { recursive: true }));

function files(model: string[] = [], alias: string[] = []): ModelFile[] {
  return servedModels(defaultSettings({ model, alias })).map(({ file }) => file);
}

function notFound(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof InferenceError);
    assert.equal(error.code, 'model_not_found');
    assert.match(error.message, pattern);
    return true;
  };
}

test('the embedded model lies in the package, beside package.json', () => {
  assert.ok(existsSync(join(packageRoot, 'package.json')));
  assert.equal(defaultModelPath(), join(packageRoot, 'models/SmolLM2-135M-Instruct.Q4_1.gguf'));
});

test('without --model the embedded model is taken', () => {
  assert.deepEqual(files(), [{ path: defaultModelPath(), id: 'SmolLM2-135M-Instruct.Q4_1', format: 'gguf' }]);
  assert.equal(files([], ['mine'])[0]?.id, 'mine');
});

test('an installation without the embedded model says which --model to pass', () => {
  assert.throws(
    () => servedModels(defaultSettings(), folder),
    notFound(
      /^The embedded model is not part of this installation .*pass --model with the path of a GGUF file or an ONNX folder\.$/,
    ),
  );
});

test('a given model becomes an absolute path', () => {
  const path = join(folder, 'my.gguf');
  writeFileSync(path, 'GGUF');
  assert.equal(files([relative(process.cwd(), path)])[0]?.path, path);
});

test('a file that is not there is told by the name that was given', () => {
  assert.throws(
    () => files(['gpt2']),
    notFound(
      /^The model gpt2 cannot be read: there is no such file; pass --model with the path of a GGUF file or an ONNX folder on this machine\.$/,
    ),
  );
});

test('a folder is an ONNX model, called by its name', () => {
  const path = join(folder, 'Some-Model-1.5');
  mkdirSync(path);
  const model = { path, id: 'Some-Model-1.5', format: 'onnx' as const };
  assert.deepEqual(files([path]), [model]);
  assert.deepEqual(files([`${path}/`]), [model]);
  assert.deepEqual(files([path], ['mine']), [{ ...model, id: 'mine' }]);
});

test('a file out of an ONNX folder is bad usage that names the folder', () => {
  const path = join(folder, 'exported');
  mkdirSync(join(path, 'onnx'), { recursive: true });
  for (const file of [join(path, 'onnx', 'model_q4.onnx'), join(path, 'model.onnx')]) {
    writeFileSync(file, 'ONNX');
    assert.throws(() => files([file]), new UsageError(`--model takes an ONNX model's folder: ${path}.`));
  }
});

test('several models keep their order, and aliases go to the first ones', () => {
  const paths = ['chat.gguf', 'vectors.GGUF'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, 'GGUF');
  const ids = (...alias: string[]): string[] => files(paths, alias).map(({ id }) => id);
  assert.deepEqual(
    files(paths).map(({ path }) => path),
    paths,
  );
  assert.deepEqual(ids(), ['chat', 'vectors']);
  assert.deepEqual(ids('a'), ['a', 'vectors']);
  assert.deepEqual(ids('a', 'b'), ['a', 'b']);
});

test('an alias too many and two models of one name are bad usage', () => {
  const path = join(folder, 'twice.gguf');
  writeFileSync(path, 'GGUF');
  assert.throws(
    () => files([path], ['a', 'b']),
    new UsageError('--alias was given 2 times, but there is one model; give one alias a model, in the same order.'),
  );
  assert.throws(
    () => files([path, path]),
    new UsageError('Two models are called twice; give each its own --alias, in the order of the models.'),
  );
  assert.equal(files([path, path], ['a', 'b']).length, 2);
});
