import { readdir, readlink, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { HubSettings } from '../contract/hub.ts';
import type { RepoCache } from './cache.ts';
import { explainWrite } from './disk.ts';
import type { Installed } from './installed.ts';
import type { ModelName } from './repo-name.ts';
import { notInstalled, selectInstalled } from './select.ts';

/**
 * Removes what a name means from the cache: of a repository all models that `installedModels` shows and what was left
 * unfinished. Files of other programs in it, such as safetensors, stay.
 * @returns the names of what was removed, and how many bytes became free
 * @throws InferenceError model_not_found; model_failed where it cannot be removed
 */
export async function removeModel(name: ModelName, settings: HubSettings): Promise<{ names: string[]; bytes: number }> {
  const { place, selected, others } = await selectInstalled(name, settings);
  const { cache } = place;
  const whole = others.length === 0 && place.file === undefined && place.quantization === undefined;
  const unfinished = whole ? (await namesIn(cache.blobs)).filter((file) => file.endsWith('.hearth.incomplete')) : [];
  if (selected.length === 0 && unfinished.length === 0) notInstalled(name, others);
  try {
    let bytes = 0;
    for (const file of unfinished) bytes += await removeBlob(join(cache.blobs, file));
    for (const model of selected) bytes += await removeFiles(model, others);
    await tidy(cache);
    const names = selected.length === 0 ? [place.title] : selected.map((model) => model.name);
    return { names, bytes };
  } catch (error) {
    throw explainWrite(error, cache.path);
  }
}

/** Removes the links of a model, and the blobs that nobody links to any more. */
async function removeFiles(model: Installed, others: readonly Installed[]): Promise<number> {
  const { cache, commit } = model;
  const kept = new Set(
    others.filter((other) => other.commit === commit).flatMap(({ files }) => files.map(({ path }) => path)),
  );
  let bytes = 0;
  for (const { path } of model.files) {
    if (kept.has(path)) continue;
    const link = cache.file(commit, path);
    const target = await linkTarget(link);
    const own = target === undefined ? await sizeOf(link) : 0;
    await rm(link, { force: true });
    bytes += own;
    if (target !== undefined && dirname(target) === resolve(cache.blobs) && !(await linked(cache)).has(target))
      bytes += await removeBlob(target);
  }
  return bytes;
}

/** The blobs that snapshots link to. */
async function linked(cache: RepoCache): Promise<Set<string>> {
  const snapshots = join(cache.path, 'snapshots');
  const names = await readdir(snapshots, { recursive: true }).catch((): string[] => []);
  const targets = await Promise.all(names.map((name) => linkTarget(join(snapshots, name))));
  return new Set(targets.filter((target) => target !== undefined));
}

async function linkTarget(path: string): Promise<string | undefined> {
  return await readlink(path).then(
    (text) => resolve(dirname(path), text),
    () => undefined,
  );
}

async function removeBlob(path: string): Promise<number> {
  const bytes = await sizeOf(path);
  await rm(path, { force: true });
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Removes the folders that became empty, and the whole repository where no snapshot is left. */
async function tidy(cache: RepoCache): Promise<void> {
  await removeEmpty(join(cache.path, 'snapshots'));
  const left = await namesIn(join(cache.path, 'snapshots'));
  const downloading = (await namesIn(cache.blobs)).some(
    (name) => name.endsWith('.lock') || name.endsWith('.incomplete'),
  );
  // Only what has the layout of a repository is removed as a whole.
  if (left.length === 0 && !downloading && /--/.test(basename(cache.path)))
    await rm(cache.path, { recursive: true, force: true });
}

async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await removeEmpty(join(folder, entry.name));
  // A folder that still holds something stays.
  await rmdir(folder).catch(() => {});
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((): string[] => []);
}
