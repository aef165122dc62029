import { randomUUID } from 'node:crypto';
import { copyFile, link, lstat, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { explainWrite, makeFolder } from './disk.ts';

/**
 * A repository's folder in a cache, in the layout of huggingface_hub, so that both see each other's files:
 * `blobs/{sum}` holds contents, `snapshots/{commit}/{path}` links to them, `refs/{revision}` says which commit a name means.
 */
export class RepoCache {
  readonly path: string;

  /** @param path the repository's folder: `…/models--owner--name` */
  constructor(path: string) {
    this.path = path;
  }

  get blobs(): string {
    return join(this.path, 'blobs');
  }

  snapshot(commit: string): string {
    return join(this.path, 'snapshots', commit);
  }

  file(commit: string, path: string): string {
    return join(this.snapshot(commit), ...path.split('/'));
  }

  /** The commit that a revision meant when it was last asked for; a commit means itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (/^[\da-f]{40}$/i.test(revision)) return revision;
    try {
      const commit = (await readFile(join(this.path, 'refs', ...revision.split('/')), 'utf8')).trim();
      return /^[\da-f]{40,64}$/i.test(commit) ? commit : undefined;
    } catch {
      // Never asked for.
      return undefined;
    }
  }

  /** Remembers what a revision means. A cache that cannot be written keeps what it has. */
  async setRef(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf(revision)) === commit) return;
    const path = join(this.path, 'refs', ...revision.split('/'));
    const next = `${path}.${randomUUID()}`;
    try {
      await makeFolder(dirname(path));
      await writeFile(next, commit);
      await rename(next, path);
    } catch (error) {
      await rm(next, { force: true }).catch(() => {});
      throw explainWrite(error, this.path);
    }
  }

  /** The URL that the repository stands for, where its folder's name does not tell. */
  async source(): Promise<string | undefined> {
    return await readFile(join(this.path, 'source'), 'utf8').catch(() => undefined);
  }

  async setSource(url: string): Promise<void> {
    if ((await this.source()) === url) return;
    await writeFile(join(this.path, 'source'), url).catch((error: unknown) => {
      throw explainWrite(error, this.path);
    });
  }

  /** The size of a file in a snapshot; undefined where it is not there. */
  async bytesOf(commit: string, path: string): Promise<number | undefined> {
    try {
      const found = await stat(this.file(commit, path));
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  }

  /** Lets a blob appear in a snapshot: as a relative link, or where there are no links, as the same file or a copy. */
  async linkFile(commit: string, path: string, blob: string): Promise<void> {
    const target = this.file(commit, path);
    const text = relative(dirname(target), blob);
    const next = `${target}.${randomUUID()}`;
    try {
      if ((await readlink(target).catch(() => undefined)) === text) return;
      await makeFolder(dirname(target));
      await symlink(text, next).catch(async () => link(blob, next).catch(() => copyFile(blob, next)));
      await rename(next, target);
    } catch (error) {
      await rm(next, { force: true }).catch(() => {});
      throw explainWrite(error, this.path);
    }
  }
}

/** The size of a finished blob; undefined where there is none. */
export async function blobBytes(path: string): Promise<number | undefined> {
  try {
    const found = await lstat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}
