import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Checksum } from './hub.ts';

/**
 * Begins a sum. `git-sha1` is git's blob id: the sha1 of a header with the size, and the content.
 * @param bytes the size of the whole content
 */
export function beginSum(algorithm: Checksum['algorithm'], bytes: number): Hash {
  if (algorithm === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${bytes}\0`);
}

/**
 * Feeds a file to a sum.
 * @param until how many bytes of its beginning
 * @throws the file system's error, the signal's reason
 */
export async function addFile(sum: Hash, path: string, until: number, signal?: AbortSignal): Promise<void> {
  if (until === 0) return;
  const stream = createReadStream(path, {
    end: until - 1,
    highWaterMark: 2 ** 20,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const piece of stream as AsyncIterable<Buffer>) sum.update(piece);
}

/** What a sum is by its length: blobs are named after theirs. Undefined for a name that is no sum. */
export function algorithmOf(hex: string): Checksum['algorithm'] | undefined {
  if (/^[\da-f]{64}$/.test(hex)) return 'sha256';
  return /^[\da-f]{40}$/.test(hex) ? 'git-sha1' : undefined;
}
