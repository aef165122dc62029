import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Memory that can still be taken without pushing out what this process uses. */
export interface FreeMemory {
  bytes: number;
  /** The container's limit in bytes, where that is what leaves so little. */
  containerLimit: number | undefined;
}

/**
 * Free memory of this process: the smallest of what the machine has left and what each cgroup above the process has.
 * Page cache counts as free, but for the model's weights in it.
 * `process.availableMemory()` (libuv 1.46, uv_get_available_memory) looks at the process's own cgroup alone, counts
 * page cache as used, and under a limit forgets what the machine itself has left.
 * @param available bytes that the machine could hand out, its page cache included (MemAvailable of /proc/meminfo)
 * @param mapped bytes of weights that are read from a mapped file
 * @param root where /proc and /sys are found
 */
export function freeMemory(available: number, mapped: number, root = '/'): FreeMemory {
  const whole: FreeMemory = { bytes: Math.max(0, available - mapped), containerLimit: undefined };
  return memoryCgroups(root)
    .flatMap(({ folder, version }) => cgroupMemory(folder, version, mapped))
    .reduce((least, one) => (one.bytes < least.bytes ? one : least), whole);
}

/** What a cgroup has left (kernel docs, cgroup-v2 "Memory Interface Files", cgroup-v1 "memory"); none without a limit. */
function cgroupMemory(folder: string, version: 1 | 2, mapped: number): FreeMemory[] {
  const file = (name: string): string => read(join(folder, name)).trim();
  const [limits, usage, prefix] =
    version === 2
      ? [['memory.max', 'memory.high'], 'memory.current', '']
      : [['memory.limit_in_bytes'], 'memory.usage_in_bytes', 'total_'];
  const limit = Math.min(...limits.map((name) => bytesOf(file(name))));
  if (limit === Infinity) return [];
  const stat = file('memory.stat');
  const part = (name: string): number => Number(new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  const cache = Math.max(0, part('active_file') + part('inactive_file') - mapped);
  return [{ bytes: Math.max(0, limit - Number(file(usage)) + cache), containerLimit: limit }];
}

/** A limit in bytes; version 2 writes "max" for none, version 1 a number near 2^63. */
function bytesOf(text: string): number {
  const bytes = text === '' ? Infinity : Number(text);
  return bytes < 2 ** 60 ? bytes : Infinity;
}

/** The folders of this process's memory cgroups and of all that lie above them and can be seen. */
function memoryCgroups(root: string): { folder: string; version: 1 | 2 }[] {
  const mounts = read(join(root, 'proc/self/mountinfo')).split('\n').map(mountOf);
  return read(join(root, 'proc/self/cgroup'))
    .split('\n')
    .flatMap((line) => {
      const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
      const version = hierarchy === '0' ? 2 : 1;
      if (path === undefined || (version === 1 && !controllers?.split(',').includes('memory'))) return [];
      return mounts
        .filter((mount) => mount?.version === version)
        .flatMap((mount) => (mount === undefined ? [] : upwards(mount, path)))
        .map((folder) => ({ folder: join(root, folder), version }) as const);
    });
}

interface Mount {
  version: 1 | 2;
  /** The cgroup that is seen at the mount point; a container without a namespace of its own sees only its own. */
  top: string;
  point: string;
}

/** A line of mountinfo (proc_pid_mountinfo(5)) that mounts memory cgroups. */
function mountOf(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , top = '/', point = '/'] = before.split(' ');
  const [type, , options = ''] = after.split(' ');
  if (type === 'cgroup2') return { version: 2, top, point };
  return type === 'cgroup' && options.split(',').includes('memory') ? { version: 1, top, point } : undefined;
}

/** The folder of a cgroup and those above it, up to the mount point. */
function upwards({ top, point }: Mount, path: string): string[] {
  const inside = top === '/' ? path : path.startsWith(`${top}/`) ? path.slice(top.length) : '/';
  const folders: string[] = [];
  for (let at = inside.includes('..') ? '/' : inside; at !== '/'; at = dirname(at)) folders.push(join(point, at));
  return [...folders, point];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No Linux, or no such controller: there is no limit to know of.
    return '';
  }
}
