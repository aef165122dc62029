import { mkdir, statfs } from 'node:fs/promises';
import { InferenceError } from '../contract/errors.ts';
import { inBytes } from '../contract/memory.ts';

/**
 * Makes a folder of a cache.
 * @throws InferenceError model_failed that says which variable names another place
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** @throws InferenceError insufficient_memory, with numbers, where so many bytes do not fit */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const free = await freeBytes(folder);
  if (bytes <= free) return;
  throw noSpace(folder, `${inBytes(bytes)} are still to be fetched and ${inBytes(free)} are free`);
}

/** What a failed write means; what is no file system's error stays as it is. */
export function explainWrite(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (isFull(code)) return noSpace(folder, 'nothing more can be written');
  if (code !== undefined && writeCodes.has(code)) return unwritable(folder, error);
  return error;
}

/**
 * The same for a file that is being fetched.
 * @param label the file, for the sentence @param missing how many bytes of it are still to come
 */
export async function explainFetch(error: unknown, folder: string, label: string, missing: number): Promise<unknown> {
  const code = codeOf(error);
  if (!isFull(code)) return explainWrite(error, folder);
  const room = code === 'EDQUOT' ? "this user's quota is used up" : `${inBytes(await freeBytes(folder))} are free`;
  return noSpace(folder, `${label} needs ${inBytes(missing)} more and ${room}; what was fetched so far is kept`);
}

function isFull(code: string | undefined): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT';
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const writeCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EIO', 'EFBIG', 'EEXIST', 'ENAMETOOLONG']);

function noSpace(folder: string, numbers: string): InferenceError {
  return new InferenceError(
    'insufficient_memory',
    `The disk of ${folder} is too full: ${numbers}; make room (hearth list, hearth rm NAME), or set HF_HUB_CACHE or MODELSCOPE_CACHE to a folder on another disk.`,
  );
}

function unwritable(folder: string, error: unknown): InferenceError {
  const reasons: Record<string, string> = {
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of the path is no folder',
    EEXIST: 'a part of the path is no folder',
    EFBIG: 'the file would be larger than is allowed',
  };
  const reason = reasons[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
  return new InferenceError(
    'model_failed',
    `The model cache ${folder} cannot be written: ${reason}; set HF_HUB_CACHE, MODELSCOPE_CACHE or XDG_CACHE_HOME to a folder that can.`,
    { cause: error },
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
