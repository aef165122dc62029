import { join } from 'node:path';
import { InferenceError } from '../contract/errors.ts';
import type { PromptCache } from '../contract/tokens.ts';
import { modelHash } from './model-hash.ts';
import { FolderPromptCache, type PromptCacheOptions } from './prompt-cache.ts';
import { openScratchFolder, type ScratchFolder } from './scratch-folder.ts';

const GIB = 2 ** 30;

export interface CacheSettings {
  /** A folder that outlives the process; undefined keeps prefixes in memory. */
  folder: string | undefined;
  /** Bytes; undefined is 8 GiB in a folder, else 1 GiB or a tenth of the free memory, whichever is less; 0 keeps none. */
  maxBytes: number | undefined;
}

/** Where a model keeps prefixes, and files for a moment. */
export interface PromptFiles {
  scratch: ScratchFolder;
  /**
   * Opens the cache for a model, when its engine is known; undefined where nothing is to be kept.
   * @param weights its files, which tell it from others
   */
  open(
    weights: readonly string[],
    states: { engine: string; state: string },
    onProblem: PromptCacheOptions['onProblem'],
  ): Promise<PromptCache | undefined>;
}

/** Prepares the folders. @param freeBytes memory that is free */
export async function openPromptFiles({ folder, maxBytes }: CacheSettings, freeBytes: number): Promise<PromptFiles> {
  const limit = maxBytes ?? (folder === undefined ? Math.min(GIB, Math.floor(freeBytes / 10)) : 8 * GIB);
  const scratch = await openScratchFolder(folder === undefined ? limit : 0);
  return {
    scratch,
    async open(weights, states, onProblem) {
      if (limit === 0) return undefined;
      const options = { maxBytes: limit, onProblem, lasting: folder !== undefined };
      if (folder === undefined) {
        return FolderPromptCache.open({
          ...options,
          folder: join(scratch.path, 'prompts'),
          owner: { ...states, model: weights.join('\n') },
        });
      }
      try {
        const owner = { ...states, model: await modelHash(weights, folder) };
        return await FolderPromptCache.open({ ...options, folder, owner });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new InferenceError('invalid_request', `The --prompt-cache folder ${folder} cannot be used: ${reason}.`, {
          param: 'prompt-cache',
          cause: error,
        });
      }
    },
  };
}
