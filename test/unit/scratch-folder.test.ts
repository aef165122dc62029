import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { openPromptFiles } from '../../src/prompt-cache/index.ts';
import { openScratchFolder } from '../../src/prompt-cache/scratch-folder.ts';

test('a scratch folder is there, and gone when it is given back', async () => {
  const scratch = await openScratchFolder(0);
  await writeFile(join(scratch.path, 'file'), 'x');
  await scratch.dispose();
  assert.equal(existsSync(scratch.path), false);
  await scratch.dispose();
});

test('where memory lacks the room the folder lies where temporary files go', async () => {
  const scratch = await openScratchFolder(Number.MAX_SAFE_INTEGER);
  assert.equal(dirname(scratch.path), tmpdir());
  await scratch.dispose();
});

test('what a killed process left is removed; what a living one has and what is not ours stays', async () => {
  const first = await openScratchFolder(0);
  const parent = dirname(first.path);
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const space = basename(first.path).split('-')[1];
  const left = join(parent, `hearth-${space}-${dead}-AbC123`);
  // The last is the same process number in another container.
  const foreign = [
    ...['my', 'AbC1234', 'AbC12'].map((end) => join(parent, `hearth-${space}-${dead}-${end}`)),
    join(parent, `hearth-1${space}-${dead}-AbC123`),
  ];
  try {
    for (const path of [left, ...foreign]) await mkdir(join(path, 'prompts'), { recursive: true });
    const second = await openScratchFolder(0);
    assert.equal(existsSync(left), false);
    for (const path of [first.path, ...foreign]) assert.ok(existsSync(path), path);
    await second.dispose();
  } finally {
    for (const path of [first.path, left, ...foreign]) await rm(path, { recursive: true, force: true });
  }
});

test('a size of 0 keeps no prompts', async () => {
  const files = await openPromptFiles({ folder: undefined, maxBytes: 0 }, 2 ** 30);
  assert.equal(await files.open(['model'], { engine: 'e', state: 's' }, assert.fail), undefined);
  await files.scratch.dispose();
});

test('a folder that cannot be made is refused with its name', async () => {
  const folder = '/dev/null/prompts';
  const files = await openPromptFiles({ folder, maxBytes: undefined }, 2 ** 30);
  try {
    await assert.rejects(files.open([process.execPath], { engine: 'e', state: 's' }, assert.fail), {
      code: 'invalid_request',
      message: /--prompt-cache folder \/dev\/null\/prompts cannot be used/,
    });
  } finally {
    await files.scratch.dispose();
  }
});
