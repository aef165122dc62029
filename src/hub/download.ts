import type { Hash } from 'node:crypto';
import { open, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceError } from '../contract/errors.ts';
import { bodyOf } from './body.ts';
import { blobBytes } from './cache.ts';
import { addFile, beginSum } from './checksum.ts';
import { explainFetch, makeFolder } from './disk.ts';
import { retried, StatusError, type Answer } from './http.ts';
import type { Checksum, Context, Range } from './hub.ts';
import { takeLock } from './lock.ts';
import { Unreachable } from './unreachable.ts';

/** A file to fetch into a folder of blobs. */
export interface Wanted {
  /** For messages: `model.gguf of hf:owner/repo`. */
  label: string;
  bytes: number;
  checksum: Checksum | undefined;
  /** Names the unfinished file; equal keys are equal contents. */
  key: string;
  fetch(range: Range | undefined): Promise<Answer>;
}

export interface DownloadHooks {
  /** @param done how many bytes of the file are there, from earlier times too @param fetched how many came just now */
  onBytes(done: number, fetched: number): void;
  /** Another process is fetching the same file. */
  onWait(): void;
}

/** What an unfinished blob is called. Other programs' own unfinished files are left alone. */
function partialPath(folder: string, key: string): string {
  return join(folder, `${key}.hearth.incomplete`);
}

/** How much of a file is already there. */
export async function partialBytes(folder: string, key: string): Promise<number> {
  return await stat(partialPath(folder, key)).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * Fetches a file, or waits for another process that does. It gets its name when its size and its sum are right; until then
 * what came stays beside it, and the next call goes on from there.
 * @returns the path of the blob, named after its sum
 * @throws InferenceError model_failed for a wrong sum, insufficient_memory for a full disk, aborted; StatusError, Unreachable
 */
export async function download(
  folder: string,
  wanted: Wanted,
  hooks: DownloadHooks,
  context: Context,
): Promise<string> {
  const finished = wanted.checksum === undefined ? undefined : join(folder, wanted.checksum.hex);
  const isThere = async (): Promise<boolean> => finished !== undefined && (await blobBytes(finished)) === wanted.bytes;
  if (finished !== undefined && (await isThere())) return finished;
  await makeFolder(folder);
  try {
    const lock = await takeLock(`${partialPath(folder, wanted.key)}.lock`, context.signal, hooks.onWait);
    try {
      if (finished !== undefined && (await isThere())) return finished;
      return await fill(folder, wanted, hooks, context);
    } finally {
      await lock.release();
    }
  } catch (error) {
    const missing = wanted.bytes - (await partialBytes(folder, wanted.key));
    throw await explainFetch(error, folder, wanted.label, missing);
  }
}

async function fill(folder: string, wanted: Wanted, hooks: DownloadHooks, context: Context): Promise<string> {
  const partial = partialPath(folder, wanted.key);
  const earlier = await partialBytes(folder, wanted.key);
  const found = await receive(partial, wanted, hooks, context);
  if (wanted.checksum === undefined || found === wanted.checksum.hex) {
    const finished = join(folder, found);
    await rename(partial, finished);
    return finished;
  }
  await rm(partial, { force: true });
  // What an earlier process left may have been spoilt by a crash of the machine; what came just now was not.
  if (earlier > 0) return await fill(folder, wanted, hooks, context);
  const { algorithm, hex } = wanted.checksum;
  throw new InferenceError(
    'model_failed',
    `${wanted.label} was fetched whole, but its ${algorithm} is ${found} instead of ${hex}; it was thrown away. Try again, and if it stays so, the hub or a proxy on the way is broken.`,
  );
}

/** Fetches what is missing. @returns the sum of the whole file */
async function receive(partial: string, wanted: Wanted, hooks: DownloadHooks, context: Context): Promise<string> {
  const file = await open(partial, 'a');
  await file.close();
  const handle = await open(partial, 'r+');
  const state = new Receiving(handle, partial, wanted);
  try {
    await state.resume(context.signal);
    hooks.onBytes(state.done, 0);
    const progress = (): number => state.reached;
    if (state.done < wanted.bytes) await retried(() => state.request(hooks, context), { ...context, progress });
    await handle.sync();
    return state.sum.digest('hex');
  } finally {
    await handle.close();
    if (state.done === 0 && wanted.bytes > 0) await rm(partial, { force: true });
  }
}

/** A file on its way: how much is there, and the sum over it. */
class Receiving {
  done = 0;
  fetched = 0;
  /** The farthest that it ever got. */
  reached = 0;
  sum: Hash;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #wanted: Wanted;

  constructor(handle: FileHandle, path: string, wanted: Wanted) {
    this.#handle = handle;
    this.#path = path;
    this.#wanted = wanted;
    this.sum = this.#begin();
  }

  /** Takes up what lies there already. */
  async resume(signal: AbortSignal | undefined): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > this.#wanted.bytes) return await this.#restart();
    await addFile(this.sum, this.#path, size, signal);
    this.done = size;
  }

  /** Fetches from where the file ends to its end. @throws Unreachable when the connection breaks, StatusError */
  async request(hooks: DownloadHooks, context: Context): Promise<void> {
    const { bytes, label } = this.#wanted;
    const answer = await this.#ask();
    if (answer === undefined || (this.done > 0 && !continues(answer.response, this.done, bytes))) {
      // What is here is worth nothing to a server that has less or another version, or that ignores Range.
      await this.#restart();
      if (answer?.response.status === 200) return await this.#read(answer.response, hooks, context);
      await answer?.response.body?.cancel().catch(() => {});
      return await this.request(hooks, context);
    }
    if (this.done === 0 && answer.response.status !== 200) {
      await answer.response.body?.cancel().catch(() => {});
      throw new Unreachable(hostOf(answer.response), new Error(`it sends a part of ${label} that nobody asked for`));
    }
    return await this.#read(answer.response, hooks, context);
  }

  /** @returns undefined for "range not satisfiable" (416) */
  async #ask(): Promise<Answer | undefined> {
    const { checksum, label } = this.#wanted;
    let answer: Answer;
    try {
      answer = await this.#wanted.fetch(this.done === 0 ? undefined : { from: this.done });
    } catch (error) {
      if (error instanceof StatusError && error.status === 416 && this.done > 0) return undefined;
      throw error;
    }
    const linked = /^[\da-f]{64}$/i.exec(answer.linkedEtag ?? '')?.[0].toLowerCase();
    if (linked === undefined || checksum?.algorithm !== 'sha256' || linked === checksum.hex) return answer;
    await answer.response.body?.cancel().catch(() => {});
    throw new InferenceError('model_failed', `${label} has changed on the hub since it was listed; try again.`);
  }

  async #read(response: Response, hooks: DownloadHooks, { signal, waits }: Context): Promise<void> {
    const { bytes, label } = this.#wanted;
    const host = hostOf(response);
    for await (const piece of bodyOf(response, host, { signal, silenceMs: waits.silenceMs })) {
      if (this.done + piece.length > bytes) {
        await this.#restart();
        throw new InferenceError(
          'model_failed',
          `${host} sends more than the ${bytes} bytes that ${label} has; try again.`,
        );
      }
      await this.#write(piece);
      this.sum.update(piece);
      this.done += piece.length;
      this.fetched += piece.length;
      this.reached = Math.max(this.reached, this.done);
      hooks.onBytes(this.done, this.fetched);
    }
    if (this.done < bytes) throw new Unreachable(host, new Error(`it stopped after ${this.done} of ${bytes} bytes`));
  }

  /** At its place, not at the end: two writers of the same content would write the same. */
  async #write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;)
      at += (await this.#handle.write(piece, at, piece.length - at, this.done + at)).bytesWritten;
  }

  async #restart(): Promise<void> {
    await truncate(this.#path, 0);
    this.done = 0;
    this.sum = this.#begin();
  }

  #begin(): Hash {
    const { checksum, bytes } = this.#wanted;
    return beginSum(checksum?.algorithm ?? 'sha256', bytes);
  }
}

function hostOf({ url }: Response): string {
  return URL.canParse(url) ? new URL(url).host : 'The hub';
}

/** Whether a 206 is the part that was asked for. */
function continues(response: Response, from: number, bytes: number): boolean {
  if (response.status !== 206) return false;
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  return match !== null && Number(match[1]) === from && (match[2] === '*' || Number(match[2]) === bytes);
}
