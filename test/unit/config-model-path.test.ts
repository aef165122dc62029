import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { defaultModelPath, modelPath, packageRoot } from '../../src/config/model-path.ts';
import { UsageError } from '../../src/config/usage-error.ts';
import { InferenceError } from '../../src/contract/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'hearth-model-'));
after(() => rmSync(folder, { recursive: true }));

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
  assert.equal(modelPath([]), defaultModelPath());
});

test('an installation without the embedded model says which --model to pass', () => {
  assert.throws(
    () => modelPath([], folder),
    notFound(/^The embedded model is not part of this installation .*pass --model with the path of a GGUF file\.$/),
  );
});

test('a given model becomes an absolute path', () => {
  const path = join(folder, 'my.gguf');
  writeFileSync(path, 'GGUF');
  assert.equal(modelPath([relative(process.cwd(), path)]), path);
});

test('a file that is not there is told by the name that was given', () => {
  assert.throws(
    () => modelPath(['gpt2']),
    notFound(
      /^The model gpt2 cannot be read: there is no such file; pass --model with the path of a GGUF file on this machine\.$/,
    ),
  );
});

test('a folder is bad usage', () => {
  assert.throws(
    () => modelPath([folder]),
    new UsageError(`--model must be the path of a GGUF file, not the folder ${folder}.`),
  );
});
