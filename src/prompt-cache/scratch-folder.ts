import { mkdtemp, readdir, readlink, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this process for files that it need not keep. */
export interface ScratchFolder {
  path: string;
  /** Removes it. */
  dispose(): Promise<void>;
}

/** Linux keeps files there in memory. Containers often have 64 MB of it. */
const inMemory = '/dev/shm';

/**
 * Makes a scratch folder: in memory where the system has a file system for that with enough room, else where temporary files
 * go. What a process left there that was killed is removed.
 * @param bytes room that will be needed
 */
export async function openScratchFolder(bytes: number): Promise<ScratchFolder> {
  const parent = (await freeBytes(inMemory)) >= bytes ? inMemory : tmpdir();
  const space = await processSpace();
  await removeLeftovers(parent, space);
  const path = await mkdtemp(join(parent, `hearth-${space}-${process.pid}-`));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}

async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Only Linux has it.
    return 0;
  }
}

/** Containers may share a folder, but their process ids say nothing to each other: Linux numbers the spaces they count in. */
async function processSpace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

async function removeLeftovers(parent: string, space: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, owner, pid] = /^hearth-(\d+)-(\d+)-\w{6}$/.exec(name) ?? [];
    if (owner !== space || lives(Number(pid))) continue;
    // Another user's stays: it cannot be removed, and is not ours to remove.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
}
