import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { HubSettings } from '../contract/hub.ts';
import { addFile, algorithmOf, beginSum } from './checksum.ts';
import { installedModels, type Installed } from './installed.ts';
import type { ModelName } from './repo-name.ts';
import { notInstalled, selectInstalled } from './select.ts';

/** What became of a model's check. */
export interface Verified {
  name: string;
  /** Files whose content is not what their sum says. */
  damaged: string[];
  /** Files whose sum nobody knows: copies, where a file system has no links. */
  unknown: string[];
  bytes: number;
}

/**
 * Reads the files of a model, or of all, and compares their sums with the names of their blobs.
 * @throws InferenceError model_not_found; the signal's reason
 */
export async function* verifyModels(
  name: ModelName | undefined,
  settings: HubSettings,
  signal: AbortSignal,
): AsyncGenerator<Verified> {
  for (const model of await chosen(name, settings)) yield await verify(model, signal);
}

async function chosen(name: ModelName | undefined, settings: HubSettings): Promise<Installed[]> {
  if (name === undefined) return await installedModels(settings);
  const { selected, others } = await selectInstalled(name, settings);
  if (selected.length === 0) notInstalled(name, others);
  return selected;
}

async function verify({ name, files, cache, commit, bytes }: Installed, signal: AbortSignal): Promise<Verified> {
  const damaged: string[] = [];
  const unknown: string[] = [];
  for (const { path } of files) {
    const blob = await realpath(cache.file(commit, path));
    const hex = basename(blob);
    const algorithm = algorithmOf(hex);
    if (algorithm === undefined) {
      unknown.push(path);
      continue;
    }
    const { size } = await stat(blob);
    const sum = beginSum(algorithm, size);
    await addFile(sum, blob, size, signal);
    if (sum.digest('hex') !== hex) damaged.push(path);
  }
  return { name, damaged, unknown, bytes };
}
