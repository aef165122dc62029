import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildPackage, type PackedPackage } from '../support/packed-package.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const models = join(root, 'models');

interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  allowScripts: Record<string, boolean>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
}

describe('the npm tarball', () => {
  let built: PackedPackage;
  let packed: readonly string[] = [];

  before(async () => {
    built = await buildPackage();
    packed = built.files;
  });
  after(() => built.remove());

  test('holds no model weights, sources or tests', () => {
    assert.deepEqual(
      packed.filter((path) => /\.(gguf|onnx|safetensors)(\.|$)|^(src|test|scripts)\//.test(path)),
      [],
    );
  });

  test('holds the documents, the licences and the ready model configs', () => {
    const licences = packed.filter((path) => /^models\/.*\.LICENSE$/.test(path));
    assert.ok(licences.length > 0, 'a licence of the embedded model');
    for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'models/model_configs.json']) {
      assert.ok(packed.includes(path), path);
    }
  });

  test('holds the pages, and Swagger UI with its licences', () => {
    for (const name of ['home.html', 'docs.html', 'swagger-ui/swagger-ui-bundle.js', 'swagger-ui/swagger-ui.css']) {
      assert.ok(packed.includes(`dist/http/assets/${name}`), name);
    }
    for (const name of ['LICENSE', 'NOTICE']) assert.ok(packed.includes(`dist/http/assets/swagger-ui/${name}`), name);
  });

  test('holds every file that package.json names', async () => {
    const { bin, exports } = await manifest();
    const named = [bin, ...Object.values(exports)].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    for (const path of named) assert.ok(packed.includes(path.replace('./', '')), path);
    assert.match(await readFile(join(built.folder, 'dist/cli/hearth.cjs'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });
});

test('the embedded model is the file that its sum was taken of', async () => {
  const sums = (await readdir(models)).filter((name) => name.endsWith('.sha256'));
  assert.ok(sums.length > 0, 'a .sha256 file');
  for (const sum of sums) {
    const [expected, name] = (await readFile(join(models, sum), 'utf8')).trim().split(/\s+/);
    assert.ok(name);
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(models, name)), hash);
    assert.equal(hash.digest('hex'), expected, name);
  }
});

test('npm runs no install script: package.json refuses them all, and the lockfile notes none for npm 10', async () => {
  const { allowScripts } = await manifest();
  const lockfile = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const scripted = Object.entries(lockfile.packages).filter(([, entry]) => entry.hasInstallScript !== undefined);
  assert.deepEqual(scripted, []);
  assert.equal(allowScripts['onnxruntime-node'], false);
  for (const [name, allowed] of Object.entries(allowScripts)) {
    assert.equal(allowed, false, name);
    assert.ok(`node_modules/${name}` in lockfile.packages, `${name} is a dependency no more`);
  }
});
