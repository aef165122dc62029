import { createHash } from 'node:crypto';
import { realpath, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { blobBytes } from './cache.ts';
import { checkSpace, makeFolder } from './disk.ts';
import { download, partialBytes, type DownloadHooks, type Wanted } from './download.ts';
import { context, findModel, type FindOptions, type Found } from './find.ts';
import type { RepoFile } from './hub.ts';
import type { ModelName } from './repo-name.ts';

/** How far a model is; all in bytes. */
export interface PullProgress {
  /** The file that is being fetched, inside its repository. */
  file: string;
  /** Of all files that were missing: how much is there, from earlier times too, and how much there will be. */
  done: number;
  total: number;
  /** What came just now; for the speed. */
  fetched: number;
  /** Another process fetches it. */
  waiting: boolean;
}

export interface PullOptions extends FindOptions {
  onProgress(progress: PullProgress): void;
}

/** A model on this machine. */
export interface LocalModel {
  /** `hf:owner/repo` */
  title: string;
  /** What to load: a GGUF file (the first part of a split one), or an ONNX model's folder. */
  path: string;
  /** What clients call it where nobody gives an alias. */
  id: string;
  format: 'gguf' | 'onnx';
  quantization: string | undefined;
  bytes: number;
  /** Bytes that came over the network now. */
  fetched: number;
}

/**
 * Makes sure that a model is on this machine and whole. A file has its name only when its size and sum are right; an
 * interrupted pull goes on where it stopped.
 * @throws InferenceError as `findModel`; model_failed for a wrong sum and a cache that cannot be written, insufficient_memory
 * for a full disk, aborted
 */
export async function pullModel(name: ModelName, options: PullOptions): Promise<LocalModel> {
  const found = await findModel(name, options);
  const { place, listing, choice } = found;
  const { cache } = place;
  const missing: RepoFile[] = [];
  for (const file of choice.files)
    if ((await cache.bytesOf(listing.commit, file.path)) !== file.bytes) missing.push(file);
  const fetched = await fetchFiles(found, missing, options);
  if (name.kind === 'url') await cache.setSource(place.title);
  // What is already there is left as it is, also where nothing can be written.
  if (!found.cached) await cache.setRef(place.revision, listing.commit);
  await touch(choice.files.map(({ path }) => cache.file(listing.commit, path)));
  const [first] = choice.files;
  const path =
    choice.format === 'gguf' ? cache.file(listing.commit, first?.path ?? '') : cache.snapshot(listing.commit);
  const { format, quantization, bytes } = choice;
  return { title: place.title, path, id: choice.id ?? basename(place.title), format, quantization, bytes, fetched };
}

/** @returns how many bytes came */
async function fetchFiles(found: Found, missing: readonly RepoFile[], options: PullOptions): Promise<number> {
  if (missing.length === 0) return 0;
  const { cache } = found.place;
  const { commit } = found.listing;
  const total = sum(missing.map(({ bytes }) => bytes));
  await makeFolder(cache.blobs);
  const there = await Promise.all(missing.map((file) => bytesThere(cache.blobs, file, keyOf(file, commit))));
  await checkSpace(cache.blobs, total - sum(there));
  let before = 0;
  let fetched = 0;
  for (const file of missing) {
    let now = 0;
    const tell = (done: number, waiting: boolean): void =>
      options.onProgress({ file: file.path, done: before + done, total, fetched: fetched + now, waiting });
    const hooks = {
      onBytes(done: number, came: number): void {
        now = came;
        tell(done, false);
      },
      onWait(): void {
        void (async () => tell(await partialBytes(cache.blobs, keyOf(file, commit)), true))();
      },
    };
    const blob = await fetchFile(found, file, hooks, options);
    await cache.linkFile(commit, file.path, blob);
    before += file.bytes;
    fetched += now;
  }
  return fetched;
}

async function fetchFile(
  { place, listing }: Found,
  file: RepoFile,
  hooks: DownloadHooks,
  options: PullOptions,
): Promise<string> {
  const { hub, cache, title } = place;
  const { bytes, checksum } = file;
  const wanted: Wanted = {
    label: `${file.path} of ${title}`,
    bytes,
    checksum,
    key: keyOf(file, listing.commit),
    fetch: (range) => hub.fetch(file, listing.commit, range, context(options)),
  };
  try {
    return await download(cache.blobs, wanted, hooks, context(options));
  } catch (error) {
    throw hub.explain(error, { file: file.path });
  }
}

/** Where nobody tells a file's sum, the version and the path say which content is meant. */
function keyOf({ path, checksum }: RepoFile, commit: string): string {
  return checksum?.hex ?? createHash('sha256').update(`${commit}/${path}`).digest('hex').slice(0, 40);
}

async function bytesThere(blobs: string, { bytes, checksum }: RepoFile, key: string): Promise<number> {
  const whole = checksum === undefined ? undefined : await blobBytes(join(blobs, checksum.hex));
  return whole === bytes ? bytes : Math.min(bytes, await partialBytes(blobs, key));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** Notes when the files were last used, where file systems do not: `hearth list` shows it, and so does Python's cache list. */
async function touch(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      const blob = await realpath(path);
      await utimes(blob, new Date(), (await stat(blob)).mtime);
    } catch {
      // A cache that cannot be written is used all the same.
    }
  }
}
