import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InferenceError } from '../contract/errors.ts';

/**
 * CPU cores that this process may really use: its affinity, cut by the container's quota.
 * More threads than that wait for each other in spin barriers (4 threads on 2 busy cores: 7243 ms a token instead of 8).
 */
export function usableCores(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(containerCores())));
}

/**
 * Threads that a model may use at once: those that were asked for, or a thread a core.
 * @throws InferenceError for more threads than cores: they wait for each other by spinning, a thousand times slower
 */
export function chooseThreads(wanted: number | undefined): number {
  const cores = usableCores();
  if (wanted === undefined || wanted <= cores) return wanted ?? cores;
  throw new InferenceError(
    'invalid_request',
    `--threads ${wanted} is more than the ${cores} CPU cores that this process may use; ask for at most ${cores}.`,
    { param: 'threads' },
  );
}

/** Threads of libuv's pool, in which the addon computes: what the variable says, or Node's four. */
export function poolThreads(): number {
  const given = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return Number.isInteger(given) && given > 0 ? given : 4;
}

/** Cores of the cgroup's quota, version 2 then 1 (kernel docs, cgroup-v2 "cpu.max", cgroup-v1 "cpu.cfs_quota_us"). */
function containerCores(): number {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').split(' ');
  if (quota !== undefined && quota !== '' && quota !== 'max') return Math.max(1, Number(quota) / Number(period));
  const oldQuota = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? -1);
  const oldPeriod = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? 100_000);
  return oldQuota > 0 ? Math.max(1, oldQuota / oldPeriod) : Infinity;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // No such cgroup: there is no quota to know of.
    return undefined;
  }
}
