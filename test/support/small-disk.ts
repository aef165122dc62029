import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that really gets full. */
export interface SmallDisk {
  path: string;
  /** Takes all room but so many bytes. */
  fill(left: number): void;
  /** Gives it back. */
  clear(): void;
  unmount(): void;
}

/** Mounts one of so many bytes, in memory. @returns a sentence where that is not allowed */
export function mountSmallDisk(bytes: number): SmallDisk | string {
  if (process.platform !== 'linux') return 'a tmpfs is mounted on Linux alone';
  const path = mkdtempSync(join(tmpdir(), 'hearth-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'hearth-test', path], { stdio: 'pipe' });
  } catch {
    rmSync(path, { recursive: true });
    return 'only root may mount a tmpfs';
  }
  const filler = join(path, 'filler');
  const blocks = join(path, 'blocks');
  return {
    path,
    fill(left) {
      writeFileSync(blocks, Buffer.alloc(left));
      const all = Buffer.alloc(bytes);
      try {
        writeFileSync(filler, all);
      } catch {
        // That is the aim: as much as there was room for has been written.
      }
      rmSync(blocks);
    },
    clear: () => rmSync(filler, { force: true }),
    unmount() {
      execFileSync('umount', [path]);
      rmSync(path, { recursive: true });
    },
  };
}
