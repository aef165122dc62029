import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from '../../src/hub/lock.ts';
import { HubCache, type RunningCommand } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(4_000_000);
const file = 'model.Q4_K_M.gguf';

const pull = (...args: string[]): RunningCommand => hub.start(['pull', ...args]);

const blobs = (): string => join(hub.folder, 'hf/models--owner--model/blobs');
const starts = (): (number | undefined)[] =>
  hub.server.requests.filter(({ side }) => side === 'storage').map(({ from }) => from);

async function bytesThere(partial: string): Promise<number> {
  return existsSync(partial) ? (await stat(partial)).size : 0;
}

test('killed at 20 random moments, a pull goes on each time from what is on the disk', async () => {
  // More than twenty steps reach together, by a wide margin.
  const large = randomBytes(8_000_000);
  const repo = hub.server.add('owner/model', { [file]: large });
  const partial = join(blobs(), `${repo.sha256(file)}.hearth.incomplete`);
  hub.server.pace = { ms: 2, bytes: 4096 };
  let before = 0;
  for (let kill = 0; kill < 20; kill += 1) {
    const requests = starts().length;
    const { child, ended } = pull('hf:owner/model');
    // Somewhere in the course of the file, and sometimes before or after it: while listing, hashing or linking.
    const until = Math.min(before + randomInt(0, 350_000), large.length - 1);
    while ((await bytesThere(partial)) < until && child.exitCode === null) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    const after = await bytesThere(partial);
    // The server may hear of the one that was killed before only now.
    const from = starts().slice(requests);
    assert.ok(from.length <= 2, `${from.length} requests`);
    if (from.length > 0) assert.equal(from.at(-1) ?? 0, before, 'not the byte where the file ended');
    assert.ok(after >= before, 'bytes were lost');
    before = after;
  }
  assert.ok(before > 0 && before < large.length);
  hub.server.pace = undefined;
  const { code, stdout, stderr } = await pull('hf:owner/model').ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readFile(stdout.trim()), large);
  assert.equal(starts().at(-1), before);
  assert.equal(hub.server.requests.findLast(({ side }) => side === 'storage')?.sent, large.length - before);
  assert.deepEqual(await readdir(blobs()), [repo.sha256(file)]);
});

test('two processes that want the same file fetch it once', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 5, bytes: 40_000 };
  const [first, second] = await Promise.all([pull('hf:owner/model').ended, pull('hf:owner/model').ended]);
  assert.deepEqual([first.code, second.code], [0, 0], first.stderr + second.stderr);
  assert.equal(first.stdout, second.stdout);
  assert.deepEqual(await readFile(first.stdout.trim()), weights);
  assert.equal(starts().length, 1);
  assert.match(first.stderr + second.stderr, /Another process fetches model\.Q4_K_M\.gguf; waiting for it\./);
});

test('a process goes on where another one, for which it waited, was killed', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 5, bytes: 20_000 };
  const first = pull('hf:owner/model');
  while (starts().length === 0) await sleep(5);
  const second = pull('hf:owner/model');
  await sleep(800);
  first.child.kill('SIGKILL');
  await first.ended;
  hub.server.pace = undefined;
  const { code, stdout, stderr } = await second.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readFile(stdout.trim()), weights);
  assert.equal(starts().length, 2);
  assert.ok((starts()[1] ?? 0) > 0);
});

test('Ctrl-C ends a pull with a sentence and leaves what came; the next one fetches the rest', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 5, bytes: 40_000 };
  const { child, ended } = pull('hf:owner/model');
  const partial = join(blobs(), `${repo.sha256(file)}.hearth.incomplete`);
  while ((await bytesThere(partial)) < 500_000) await sleep(5);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /hearth: Stopped; the same command goes on from what has been fetched\.\n$/);
  assert.deepEqual(await readdir(blobs()), [`${repo.sha256(file)}.hearth.incomplete`]);
  const there = await bytesThere(partial);
  hub.server.pace = undefined;
  assert.equal((await pull('hf:owner/model').ended).code, 0);
  assert.equal(starts().at(-1), there);
});

test('elsewhere than on a terminal a pull tells a line every 10 %', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 5, bytes: 40_000 };
  const { stderr } = await pull('hf:owner/model').ended;
  const lines = stderr.split('\n').filter((line) => line.startsWith('Fetching'));
  assert.equal(lines.length, 10);
  for (const [index, line] of lines.entries())
    assert.match(line, new RegExp(`^Fetching model\\.Q4_K_M\\.gguf: ${(index + 1) * 10} % of 4 MiB`));
  assert.match(lines[5] ?? '', /, \d+ MiB\/s, 0:0\d left$/);
  assert.match(stderr, /hf:owner\/model \(Q4_K_M, 4 MiB\): 4 MiB fetched, checked\.\n$/);
});

test('a lock of a process that runs no more is taken over at once, one of another machine when it is silent', async () => {
  const path = join(hub.folder, 'x.lock');
  const { child, ended } = pull('--version');
  await ended;
  const old = new Date(0);
  await writeFile(path, JSON.stringify({ host: hostname(), pid: child.pid, id: 'x' }));
  await utimes(path, old, old);
  let waits = 0;
  const lock = await takeLock(path, AbortSignal.timeout(5000), () => (waits += 1));
  assert.equal(waits, 0);
  await lock.release();
  assert.deepEqual(await readdir(hub.folder), []);

  await writeFile(path, JSON.stringify({ host: 'another.machine', pid: 1, id: 'x' }));
  const touching = setInterval(() => void utimes(path, new Date(), new Date()), 100);
  await assert.rejects(
    takeLock(path, AbortSignal.timeout(1000), () => (waits += 1)),
    { code: 'aborted' },
  );
  clearInterval(touching);
  assert.ok(waits > 2);
});
