import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HubSettings } from '../contract/hub.ts';
import { RepoCache } from './cache.ts';
import { filesBelow } from './cached.ts';
import { ggufModels } from './gguf-files.ts';
import type { RepoFile } from './hub.ts';
import { onnxModels } from './onnx-files.ts';

/** A model in a cache. */
export interface Installed {
  /** What `--model`, `show`, `rm` and `verify` know it by. */
  name: string;
  format: 'gguf' | 'onnx';
  quantization: string | undefined;
  bytes: number;
  /** Milliseconds since 1970 when it was last loaded or pulled, as far as the file system knows. */
  lastUsed: number;
  /** The file or the folder to load. */
  path: string;
  cache: RepoCache;
  commit: string;
  files: readonly RepoFile[];
}

/** The models that are on this machine, those that were used last first. Folders that cannot be read are left out. */
export async function installedModels(settings: HubSettings): Promise<Installed[]> {
  const found: Installed[] = [];
  const roots = { hf: settings.huggingFace.cache, modelscope: settings.modelScope.cache, url: settings.urlCache };
  for (const [kind, root] of Object.entries(roots)) {
    for (const folder of await namesIn(root)) {
      const cache = new RepoCache(join(root, folder));
      const repo = /^models--(.+)$/.exec(folder)?.[1]?.replace('--', '/');
      const title = kind === 'url' ? await cache.source() : repo === undefined ? undefined : `${kind}:${repo}`;
      if (title !== undefined) found.push(...(await modelsOf(cache, title)));
    }
  }
  return found.toSorted((a, b) => b.lastUsed - a.lastUsed);
}

async function modelsOf(cache: RepoCache, title: string): Promise<Installed[]> {
  const named = await revisions(cache);
  const found: Installed[] = [];
  for (const commit of await namesIn(join(cache.path, 'snapshots'))) {
    const files = await filesBelow(cache.snapshot(commit));
    const revision = named.get(commit) ?? commit;
    const at = revision === 'main' || revision === 'master' ? '' : `@${revision}`;
    const ggufs = ggufModels(files);
    for (const model of ggufs) {
      const { quantization, bytes, missing } = model;
      const first = model.files[0]?.path ?? '';
      const alone = ggufs.filter((other) => other.quantization === quantization).length === 1;
      if (missing > 0) continue;
      const which = quantization !== undefined && alone ? `:${quantization}` : `/${first}`;
      const path = cache.file(commit, first);
      found.push({
        ...(await described(cache, commit, model.files)),
        name: /^https?:/.test(title) ? title : `${title}${which}${at}`,
        format: 'gguf',
        quantization,
        bytes,
        path,
      });
    }
    for (const model of onnxModels(files)) {
      const path = cache.snapshot(commit);
      const { type, bytes } = model;
      const graph = model.files.filter(({ path: file }) => file.includes('.onnx'));
      found.push({
        ...(await described(cache, commit, graph)),
        files: model.files,
        name: `${title}:${type}${at}`,
        format: 'onnx',
        quantization: type,
        bytes,
        path,
      });
    }
  }
  return found;
}

async function described(
  cache: RepoCache,
  commit: string,
  files: readonly RepoFile[],
): Promise<Pick<Installed, 'cache' | 'commit' | 'files' | 'lastUsed'>> {
  const times = await Promise.all(
    files.map(async ({ path }) => {
      const blob = await stat(await realpath(cache.file(commit, path)));
      return Math.max(blob.atimeMs, blob.mtimeMs);
    }),
  );
  return { cache, commit, files, lastUsed: Math.max(0, ...times) };
}

/** Revisions by the commits that they mean; the usual ones win. */
async function revisions(cache: RepoCache): Promise<Map<string, string>> {
  const refs = join(cache.path, 'refs');
  const found = new Map<string, string>();
  for (const { path } of await filesBelow(refs)) {
    const commit = await cache.commitOf(path);
    if (commit !== undefined && !['main', 'master'].includes(found.get(commit) ?? '')) found.set(commit, path);
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch((): string[] => [])).toSorted();
}
