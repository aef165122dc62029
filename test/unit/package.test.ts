import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const models = join(root, 'models');
const run = promisify(execFile);

interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  allowScripts: Record<string, boolean>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
}

describe('the npm tarball', () => {
  let folder = '';
  let packed: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-package-'));
    await mkdir(join(folder, 'models'));
    for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
      await cp(join(root, name), join(folder, name));
    }
    // Weights of a few bytes under their real names: whether they are packed hangs on the name alone.
    for (const name of await readdir(models)) await writeFile(join(folder, 'models', name), name);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]);
    await run(process.execPath, ['--import', 'tsx', join(root, 'scripts/assets.ts'), join(folder, 'dist')], {
      cwd: root,
    });
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder });
    // npm 10 and 11 print a list of packages, later ones an object by name.
    const [report] = Object.values(JSON.parse(stdout) as Record<string, { files: { path: string }[] }>);
    packed = report?.files.map(({ path }) => path) ?? [];
  });
  after(() => rm(folder, { recursive: true, force: true }));

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
    assert.match(await readFile(join(folder, 'dist/cli/hearth.cjs'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
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
