import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { freeMemory } from '../../src/engines/free-memory.ts';

const GiB = 2 ** 30;
const home = mkdtempSync(join(tmpdir(), 'hearth-cgroup-'));
after(() => rmSync(home, { recursive: true }));

let trees = 0;
/** A machine's /proc and /sys with these files; returns its root. */
function tree(files: Record<string, string>): string {
  const root = join(home, String((trees += 1)));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const v2 = {
  'proc/self/cgroup': '0::/pods/a',
  'proc/self/mountinfo': '25 30 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate',
};
const group = (path: string, limit: string, used: number, cache = 0): Record<string, string> => ({
  [`sys/fs/cgroup${path}/memory.max`]: limit,
  [`sys/fs/cgroup${path}/memory.high`]: 'max',
  [`sys/fs/cgroup${path}/memory.current`]: String(used),
  [`sys/fs/cgroup${path}/memory.stat`]: `anon 5\nactive_file ${cache / 4}\ninactive_file ${(cache / 4) * 3}\nfile 7`,
});

test('without cgroups the whole machine is free', () => {
  assert.deepEqual(freeMemory(8 * GiB, 0, tree({})), { bytes: 8 * GiB, containerLimit: undefined });
});

test("a container's limit counts, with its page cache as free", () => {
  const root = tree({ ...v2, ...group('/pods/a', String(4 * GiB), 3 * GiB, 2 * GiB) });
  assert.deepEqual(freeMemory(100 * GiB, 0, root), { bytes: 3 * GiB, containerLimit: 4 * GiB });
});

test('the smallest limit of the cgroups above the process counts', () => {
  const root = tree({
    ...v2,
    ...group('/pods/a', 'max', GiB),
    ...group('/pods', String(6 * GiB), 5 * GiB),
    ...group('', String(50 * GiB), 10 * GiB),
  });
  assert.deepEqual(freeMemory(100 * GiB, 0, root), { bytes: GiB, containerLimit: 6 * GiB });
});

test('memory.high is a limit too: above it the kernel slows everything down', () => {
  const high = { 'sys/fs/cgroup/pods/a/memory.high': String(2 * GiB) };
  const root = tree({ ...v2, ...group('/pods/a', String(4 * GiB), GiB), ...high });
  assert.equal(freeMemory(100 * GiB, 0, root).bytes, GiB);
});

test('a machine with less left than the container may use is what counts', () => {
  const root = tree({ ...v2, ...group('/pods/a', String(64 * GiB), GiB) });
  assert.deepEqual(freeMemory(2 * GiB, 0, root), { bytes: 2 * GiB, containerLimit: undefined });
});

test('the cache that holds the weights is not free', () => {
  const root = tree({ ...v2, ...group('/pods/a', String(4 * GiB), 3 * GiB, 2 * GiB) });
  assert.deepEqual(freeMemory(100 * GiB, GiB, root), { bytes: 2 * GiB, containerLimit: 4 * GiB });
  assert.equal(freeMemory(2 * GiB, GiB, root).bytes, GiB);
});

test('weights whose cache another container was charged for take nothing of this one', () => {
  const root = tree({ ...v2, ...group('/pods/a', String(4 * GiB), GiB) });
  assert.equal(freeMemory(100 * GiB, 50 * GiB, root).bytes, 3 * GiB);
});

test('a cgroup over its limit has nothing left', () => {
  const root = tree({ ...v2, ...group('/pods/a', String(GiB), 2 * GiB) });
  assert.equal(freeMemory(8 * GiB, 0, root).bytes, 0);
});

const v1Group = (path: string, limit: string, used: number): Record<string, string> => ({
  [`sys/fs/cgroup/memory${path}/memory.limit_in_bytes`]: limit,
  [`sys/fs/cgroup/memory${path}/memory.usage_in_bytes`]: String(used),
  [`sys/fs/cgroup/memory${path}/memory.stat`]: `inactive_file 1\ntotal_inactive_file ${GiB}\ntotal_active_file 0`,
});
const UNLIMITED = '9223372036854771712';

test('version 1: limits of all ancestors, the huge number is none', () => {
  const root = tree({
    'proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/',
    'proc/self/mountinfo': [
      '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
      '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,cpu,memory',
      '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    ].join('\n'),
    ...v1Group('/docker/abc', UNLIMITED, 3 * GiB),
    ...v1Group('/docker', String(5 * GiB), 4 * GiB),
  });
  assert.deepEqual(freeMemory(100 * GiB, 0, root), { bytes: 2 * GiB, containerLimit: 5 * GiB });
});

test('version 1 without a namespace: the mount shows the cgroup that is named from the host', () => {
  const root = tree({
    'proc/self/cgroup': '4:memory:/docker/abc',
    'proc/self/mountinfo': '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
    ...v1Group('', String(3 * GiB), 2 * GiB),
  });
  assert.deepEqual(freeMemory(100 * GiB, 0, root), { bytes: 2 * GiB, containerLimit: 3 * GiB });
});

test('on this machine there is some memory left', () => {
  const { bytes } = freeMemory(64 * GiB, 0);
  assert.ok(bytes > 0 && bytes <= 64 * GiB);
});
