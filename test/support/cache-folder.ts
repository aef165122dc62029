import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderPromptCache, type PromptCacheOptions } from '../../src/prompt-cache/prompt-cache.ts';

export const cacheOwner = { model: 'a'.repeat(64), engine: 'llama.cpp b1', state: 'f16' };

/** A folder for prompt caches, with what they reported. */
export class CacheFolder {
  readonly path: string;
  readonly problems: string[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<CacheFolder> {
    return new CacheFolder(await mkdtemp(join(tmpdir(), 'prompt-cache-test-')));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }

  /** Opens it, as a process does at its start. */
  open(options: Partial<PromptCacheOptions> = {}): Promise<FolderPromptCache> {
    const onProblem = (message: string): number => this.problems.push(message);
    const usual = { folder: this.path, maxBytes: 10_000, owner: cacheOwner, lasting: true, onProblem };
    return FolderPromptCache.open({ ...usual, ...options });
  }

  /** Names of the files in it, in alphabetical order. */
  async files(): Promise<string[]> {
    return (await readdir(this.path)).toSorted();
  }

  /** The path of the only file of its kind. */
  async theOnly(kind: 'state' | 'prompt'): Promise<string> {
    const names = (await this.files()).filter((name) => name.endsWith(`.hearth-${kind}`));
    assert.equal(names.length, 1);
    return join(this.path, names[0] ?? '');
  }
}

/** Stores a prefix whose state is `bytes` bytes. */
export function keep(cache: FolderPromptCache, tokens: readonly number[], bytes = 1000): Promise<void> {
  return cache.store(tokens, (file) => writeFile(file, Buffer.alloc(bytes, tokens[0])));
}

/** Whether all of a prompt is stored. */
export function holds(cache: FolderPromptCache, prompt: readonly number[]): boolean {
  return cache.find(prompt)?.shared === prompt.length;
}

/** Restores what is found for a prompt; undefined where nothing is found. */
export async function bring(cache: FolderPromptCache, prompt: readonly number[]): Promise<number | undefined> {
  const found = cache.find(prompt);
  return found && cache.restore(found, () => Promise.resolve(found.tokens.length));
}

/** Lets the time of a file written next be another: Linux counts it in ticks of up to 10 ms. */
export function tick(): Promise<void> {
  return sleep(20);
}
