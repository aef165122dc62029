import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../contract/errors.ts';

const BEAT_MS = 2000;
/** A holder that is silent for so long is gone: ten beats. */
const STALE_MS = 20_000;
const LOOK_MS = 200;

export interface Lock {
  release(): Promise<void>;
}

/** The locks of this process, by what stands in them. */
const held = new Set<string>();

/**
 * Takes a lock that is a file, and waits while another process on this or another machine holds it. Its holder touches it
 * every two seconds, so that a lock whose holder was killed is taken over: at once where the holder ran on this machine,
 * else after 20 s without a touch. (Node has no flock, which the kernel would drop by itself.)
 * @param onWait called now and then while another one holds it
 * @throws InferenceError aborted, and the file system's error where the lock cannot be written
 */
export async function takeLock(path: string, signal: AbortSignal | undefined, onWait: () => void): Promise<Lock> {
  const mark = JSON.stringify({ host: hostname(), pid: process.pid, id: randomUUID() });
  const watched = { mark: '', touched: -1, since: 0 };
  while (!(await create(path, mark))) {
    const seen = await look(path);
    if (seen !== undefined) {
      if (seen.mark !== watched.mark || seen.touched !== watched.touched)
        Object.assign(watched, seen, { since: performance.now() });
      // A clock of our own: the file's may be another machine's.
      if (isDead(seen.mark) || performance.now() - watched.since > STALE_MS) await breakLock(path, seen.mark);
      else onWait();
    }
    await sleep(LOOK_MS, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      throw signal === undefined ? error : abortError(signal);
    });
  }
  held.add(mark);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      held.delete(mark);
      // Somebody may have taken it over while this process was stopped.
      if ((await look(path))?.mark === mark) await rm(path, { force: true });
    },
  };
}

async function create(path: string, mark: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(mark);
    } catch (error) {
      // An empty lock is nobody's, and the next one would wait for it.
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function look(path: string): Promise<{ mark: string; touched: number } | undefined> {
  try {
    return { mark: await readFile(path, 'utf8'), touched: (await stat(path)).mtimeMs };
  } catch {
    // Released meanwhile.
    return undefined;
  }
}

/** Whether the holder ran on this machine and runs no more. */
function isDead(mark: string): boolean {
  let holder: unknown;
  try {
    holder = JSON.parse(mark);
  } catch {
    // Killed between the file's creation and its content, or just being written: time will tell.
    return false;
  }
  if (typeof holder !== 'object' || holder === null || !('host' in holder) || !('pid' in holder)) return false;
  if (holder.host !== hostname() || typeof holder.pid !== 'number') return false;
  // After a container's restart a process often has its predecessor's number.
  if (holder.pid === process.pid) return !held.has(mark);
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Removes the lock if it still is the one that was seen; a new one that got in its place is put back. */
async function breakLock(path: string, mark: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    // Another waiter was faster.
    return;
  }
  if ((await look(aside))?.mark !== mark) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
