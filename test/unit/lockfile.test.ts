import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { completed, missingEntries, platformOf, type Lockfile } from '../../scripts/lockfile.ts';

const script = fileURLToPath(new URL('../../scripts/lockfile.ts', import.meta.url));
const real = fileURLToPath(new URL('../../package-lock.json', import.meta.url));

/** Runs the script on a copy of package-lock.json that `change` has edited. */
async function run(t: TestContext, change: (lockfile: Lockfile) => void, ...flags: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-lockfile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'package-lock.json');
  const lockfile = JSON.parse(await readFile(real, 'utf8')) as Lockfile;
  change(lockfile);
  await writeFile(file, `${JSON.stringify(lockfile, null, 2)}\n`);
  const { code, output } = await new Promise<{ code: number | undefined; output: string }>((resolve) => {
    const child = execFile(process.execPath, ['--import', 'tsx', script, ...flags, file], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? undefined, output: stdout + stderr }),
    );
  });
  return { code, output, written: await readFile(file, 'utf8') };
}

test('package-lock.json names every optional dependency and no download address', async (t) => {
  const { code, output } = await run(t, () => undefined, '--check');
  assert.equal(output, '');
  assert.equal(code, 0);
});

test('the check fails on a lockfile without an entry, and names it', async (t) => {
  const remove = ({ packages }: Lockfile): boolean => delete packages['node_modules/@node-llama-cpp/mac-arm64-metal'];
  const { code, output } = await run(t, remove, '--check');
  assert.equal(code, 1);
  assert.match(output, /missing: @node-llama-cpp\/mac-arm64-metal@\d+\.\d+\.\d+ .*node_modules\/node-llama-cpp/);
});

test('the check fails on an entry with a download address, and names it', async (t) => {
  const address = ({ packages }: Lockfile): void => {
    const entry = packages['node_modules/zod'];
    assert.ok(entry);
    entry.resolved = 'https://mirror.invalid/zod.tgz';
  };
  const { code, output } = await run(t, address, '--check');
  assert.equal(code, 1);
  assert.match(output, /has a download address: node_modules\/zod/);
});

test('the check fails on a note of an install script that package.json refuses, and the script takes it away', async (t) => {
  const note = ({ packages }: Lockfile): void => {
    const entry = packages['node_modules/onnxruntime-node'];
    assert.ok(entry);
    entry.hasInstallScript = true;
  };
  const { code, output } = await run(t, note, '--check');
  assert.equal(code, 1);
  assert.match(output, /has the note of an install script: node_modules\/onnxruntime-node/);
  const fixed = await run(t, note);
  assert.equal(fixed.code, 0);
  assert.deepEqual(JSON.parse(fixed.written), JSON.parse(await readFile(real, 'utf8')));
});

test('an install script that package.json does not decide about fails, and stays noted', async (t) => {
  const note = ({ packages }: Lockfile): void => {
    packages['node_modules/new-package'] = { version: '1.0.0', hasInstallScript: true };
  };
  for (const flags of [[], ['--check']]) {
    const { code, output, written } = await run(t, note, ...flags);
    assert.equal(code, 1);
    assert.match(output, /node_modules\/new-package has an install script: decide about it under allowScripts/);
    assert.match(written, /"hasInstallScript": true/);
  }
});

test('the script puts a removed entry back where npm had it', async (t) => {
  const remove = ({ packages }: Lockfile): boolean => delete packages['node_modules/@node-llama-cpp/mac-arm64-metal'];
  const { code, output, written } = await run(t, remove);
  assert.equal(code, 0);
  assert.match(output, /added: @node-llama-cpp\/mac-arm64-metal/);
  assert.deepEqual(JSON.parse(written), JSON.parse(await readFile(real, 'utf8')));
});

test('an entry beside one of another version goes into the folder of the package that wants it', () => {
  const lockfile: Lockfile = {
    packages: {
      'node_modules/@esbuild/win32-x64': { version: '0.27.0' },
      'node_modules/tsx/node_modules/esbuild': { dev: true, optionalDependencies: { '@esbuild/win32-x64': '0.28.0' } },
    },
  };
  const entry = completed(lockfile).packages['node_modules/tsx/node_modules/esbuild/node_modules/@esbuild/win32-x64'];
  assert.deepEqual(entry, { version: '0.28.0', cpu: ['x64'], dev: true, optional: true, os: ['win32'] });
  assert.deepEqual(missingEntries(completed(lockfile)), []);
});

test('a platform is read from the package name', () => {
  const platforms = {
    '@node-llama-cpp/mac-arm64-metal': { os: ['darwin'], cpu: ['arm64'] },
    '@node-llama-cpp/linux-armv7l': { os: ['linux'], cpu: ['arm'], libc: ['glibc'] },
    '@node-llama-cpp/win-x64-cuda-ext': { os: ['win32'], cpu: ['x64'] },
    '@oxlint/binding-linux-x64-musl': { os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    '@oxfmt/binding-linux-arm-gnueabihf': { os: ['linux'], cpu: ['arm'] },
    '@esbuild/linux-ia32': { os: ['linux'], cpu: ['ia32'] },
  };
  for (const [name, platform] of Object.entries(platforms)) assert.deepEqual(platformOf(name), platform, name);
  assert.throws(() => platformOf('left-pad'), /No platform can be read from the name left-pad/);
});
