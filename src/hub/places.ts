import { join } from 'node:path';
import type { HubSettings } from '../contract/hub.ts';
import { RepoCache } from './cache.ts';
import type { Hub } from './hub.ts';
import { huggingFace } from './hugging-face.ts';
import { modelScope } from './model-scope.ts';
import type { ModelName, RepoName } from './repo-name.ts';
import { webFile } from './web-file.ts';

/** A name with the hub that knows it and the folder where its files are kept. */
export interface Place {
  hub: Hub;
  cache: RepoCache;
  revision: string;
  quantization: string | undefined;
  file: string | undefined;
  /** The name without what chooses among its files: `hf:owner/repo`, a URL. */
  title: string;
}

/** Where a name leads. Asks nobody. */
export function placeOf(name: ModelName, settings: HubSettings): Place {
  const { hub, root } = open(name, settings);
  const cache = new RepoCache(join(root, hub.folder));
  if (name.kind === 'url') {
    const { url } = name;
    const title = `${url.origin}${url.pathname}`;
    return { hub, cache, revision: hub.usualRevision, quantization: undefined, file: undefined, title };
  }
  const { revision = hub.usualRevision, quantization, file } = name;
  return { hub, cache, revision, quantization, file, title: titleOf(name) };
}

function open(name: ModelName, settings: HubSettings): { hub: Hub; root: string } {
  if (name.kind === 'url') return { hub: webFile(name.url), root: settings.urlCache };
  if (name.kind === 'hf')
    return { hub: huggingFace(settings.huggingFace, name.repo), root: settings.huggingFace.cache };
  return { hub: modelScope(settings.modelScope, name.repo), root: settings.modelScope.cache };
}

/** `hf:owner/repo` */
export function titleOf({ kind, repo }: Pick<RepoName, 'kind' | 'repo'>): string {
  return `${kind}:${repo}`;
}
