import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepoCache } from './cache.ts';
import type { Listing, RepoFile } from './hub.ts';

/** What a cache holds of a revision, seen as a listing; undefined where it holds nothing. */
export async function cachedListing(cache: RepoCache, revision: string): Promise<Listing | undefined> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined) return undefined;
  const files = await filesBelow(cache.snapshot(commit));
  return files.length === 0 ? undefined : { commit, files, licence: undefined };
}

/** The files of a snapshot, links followed; what a broken link names is not there. */
export async function filesBelow(folder: string): Promise<RepoFile[]> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const files: RepoFile[] = [];
  for (const name of names.toSorted()) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() === true)
      files.push({ path: name.replaceAll('\\', '/'), bytes: found.size, checksum: undefined });
  }
  return files;
}
