import { InferenceError } from '../contract/errors.ts';
import type { HubName } from '../contract/hub.ts';
import { checkPath } from './paths.ts';
import { isRepo, type Endpoints, type ModelName } from './repo-name.ts';

const hosts: Record<HubName, readonly string[]> = {
  hf: ['huggingface.co', 'www.huggingface.co', 'hf.co', 'hf-mirror.com'],
  modelscope: ['modelscope.cn', 'www.modelscope.cn', 'modelscope.ai', 'www.modelscope.ai'],
};

/**
 * Reads the URL of a model's page or of a file of it, as it stands in a browser's address bar, or of a GGUF file elsewhere.
 * @throws InferenceError invalid_request for a URL that leads to no model
 */
export function readModelUrl(written: string, endpoints: Endpoints): ModelName {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined) throw refused(written, 'it cannot be read');
  if (url.username !== '' || url.password !== '') {
    const shown = new URL(url);
    shown.username = '';
    shown.password = '';
    throw refused(shown.href, 'a URL with a password would be stored with it; leave the password out');
  }
  const place = placeOf(url, endpoints);
  if (place === undefined) {
    if (!/\.gguf$/i.test(url.pathname)) throw refused(written, 'its host is no hub and its path does not end in .gguf');
    return { kind: 'url', written, url };
  }
  const parts = place.path.split('/').filter((part) => part !== '');
  return place.kind === 'hf' ? huggingFace(written, parts.map(decoded)) : modelScope(written, parts.map(decoded));
}

function placeOf(url: URL, endpoints: Endpoints): { kind: HubName; path: string } | undefined {
  const own = { hf: new URL(endpoints.huggingFace.endpoint), modelscope: new URL(endpoints.modelScope.endpoint) };
  for (const kind of ['hf', 'modelscope'] as const) {
    const base = own[kind].pathname.replace(/\/$/, '');
    if (url.origin === own[kind].origin && url.pathname.startsWith(`${base}/`))
      return { kind, path: url.pathname.slice(base.length) };
    if (hosts[kind].includes(url.hostname)) return { kind, path: url.pathname };
  }
  return undefined;
}

/** /owner/repo, /owner/repo/tree/REVISION, /owner/repo/blob|resolve|raw/REVISION/FILE; a repo may carry `:Q4_K_M`. */
function huggingFace(written: string, parts: readonly string[]): ModelName {
  const marks = new Set(['tree', 'blob', 'resolve', 'raw', 'commit']);
  const mark = parts.findIndex((part, index) => index > 0 && index < 3 && marks.has(part));
  const own = parts.slice(0, mark === -1 ? 2 : mark);
  const [revision, ...file] = mark === -1 ? [] : parts.slice(mark + 1);
  if (['datasets', 'spaces', 'api', 'docs', 'models'].includes(own[0] ?? ''))
    throw refused(written, 'no model lies there');
  return named(
    'hf',
    written,
    own.join('/'),
    parts[mark] === 'tree' ? [] : file,
    revision === 'main' ? undefined : revision,
  );
}

/** /models/owner/name, …/files, …/summary, …/file/view/REVISION/FILE, …/resolve/REVISION/FILE */
function modelScope(written: string, all: readonly string[]): ModelName {
  const [owner = '', name = '', ...rest] = all[0] === 'models' ? all.slice(1) : all;
  const view = rest[0] === 'file' && rest[1] === 'view' ? rest.slice(2) : rest[0] === 'resolve' ? rest.slice(1) : [];
  const [revision, ...file] = view;
  return named('modelscope', written, `${owner}/${name}`, file, revision === 'master' ? undefined : revision);
}

function named(
  kind: HubName,
  written: string,
  own: string,
  parts: readonly string[],
  revision: string | undefined,
): ModelName {
  const [repo = '', quantization] = own.split(':');
  if (!isRepo(repo, kind)) throw refused(written, 'no model lies there');
  const file = parts.length === 0 ? undefined : parts.join('/');
  if (file !== undefined) checkPath(file, 'file', written);
  if (revision !== undefined) checkPath(revision, 'revision', written);
  return { kind, written, repo, quantization, file, revision };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refused(written: string, why: string): InferenceError {
  return new InferenceError(
    'invalid_request',
    `The URL ${written} names no model: ${why}. Give a model's page on huggingface.co or modelscope.cn, or the URL of a .gguf file.`,
    { param: 'model' },
  );
}
