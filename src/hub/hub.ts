import type { Proxies } from '../contract/hub.ts';
import type { Answer, Waits } from './http.ts';

/** A file of a repository, as the hub lists it. */
export interface RepoFile {
  /** Inside the repository, with forward slashes; safe to join to a folder. */
  path: string;
  bytes: number;
  /** What its content must hash to, as far as the hub tells. */
  checksum: Checksum | undefined;
}

/** `git-sha1` is git's blob id, which Hugging Face has for its small files. */
export interface Checksum {
  algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hex digits. */
  hex: string;
}

/** One version of a repository. */
export interface Listing {
  /** Names the version on disk: a commit, or a hash over what is listed. */
  commit: string;
  files: readonly RepoFile[];
  licence: string | undefined;
}

/** A model that was made from another one. */
export interface Derived {
  repo: string;
  format: 'gguf' | 'onnx';
  downloads: number;
  /** Its conditions must be accepted first. */
  gated: boolean;
}

export interface Context {
  signal?: AbortSignal | undefined;
  waits: Waits;
  proxies: Proxies;
}

/** A place that models come from. All methods throw InferenceErrors whose sentence says what to do. */
export interface Hub {
  /** The cache's folder of the repository, below the hub's own. */
  readonly folder: string;
  /** The revision that is meant where none is named. */
  readonly usualRevision: string;
  /** @throws InferenceError model_not_found, forbidden, overloaded, model_failed; Unreachable */
  list(revision: string, context: Context): Promise<Listing>;
  /** The answer to a request for a file from a byte on, or for a part. Errors as they come, for `retried`. */
  fetch(file: RepoFile, commit: string, range: Range | undefined, context: Context): Promise<Answer>;
  /** Turns a StatusError into an InferenceError; leaves others as they are. */
  explain(error: unknown, about: { revision?: string; file?: string }): unknown;
  /** Models that were quantized or converted from this one, the best match first. */
  derived(context: Context): Promise<Derived[]>;
}

/** Bytes from `from` to `to`, both included; to the end without `to`. */
export interface Range {
  from: number;
  to?: number;
}

/** The value of a Range header. */
export function rangeHeader({ from, to }: Range): string {
  return `bytes=${from}-${to ?? ''}`;
}
