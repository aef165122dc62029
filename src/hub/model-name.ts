import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InferenceError } from '../contract/errors.ts';
import type { HubName } from '../contract/hub.ts';
import { checkPath } from './paths.ts';
import { readModelUrl } from './model-url.ts';
import { isRepo, type Endpoints, type ModelName, type RepoName } from './repo-name.ts';

const scheme = /^(hf|modelscope):(?:\/\/)?/i;

/**
 * Whether a text names a model on a hub or on the web rather than a path. `owner/name` and `name` do where there is no such
 * path, as the scripts took it that handed the name to Transformers.
 */
export function isModelName(text: string): boolean {
  if (scheme.test(text) || /^https?:\/\//i.test(text) || /^(hf\.co|huggingface\.co)\//i.test(text)) return true;
  const plain = /^[\w-][\w.-]*(\/[\w.-]+)?(:[\w-]+)?(@[^\s@]+)?$/.test(text) && !/\.(gguf|onnx)$/i.test(text);
  return plain && !existsSync(resolve(text));
}

/**
 * Reads `hf:owner/repo`, `hf:owner/repo:Q4_K_M`, `hf:owner/repo/file.gguf`, each also with `@revision`, the same with
 * `modelscope:`, a plain `owner/name`, the URL of a model's page and that of a file.
 * @throws InferenceError invalid_request that says how names are written
 */
export function parseModelName(text: string, endpoints: Endpoints): ModelName {
  const written = text.trim();
  const url = /^(hf\.co|huggingface\.co)\//i.test(written) ? `https://${written}` : written;
  if (/^https?:\/\//i.test(url)) return readModelUrl(url, endpoints);
  const prefix = scheme.exec(written);
  const kind = prefix?.[1]?.toLowerCase() === 'modelscope' ? 'modelscope' : prefix === null ? endpoints.hub : 'hf';
  return readRepoName(kind, written, prefix === null ? written : written.slice(prefix[0].length));
}

function readRepoName(kind: HubName, written: string, rest: string): RepoName {
  // A revision may hold slashes (refs/pr/1), a file name may hold an @.
  const at = /@([^@]*)$/.exec(rest);
  const isFile = at !== null && /\.(gguf|onnx)$/i.test(rest);
  const revision = at === null || isFile ? undefined : at[1];
  const path = revision === undefined ? rest : rest.slice(0, at?.index);
  const match = /^([^/:]*)(?:\/([^/:]*))?(?::([^/]*))?(?:\/(.*))?$/s.exec(path);
  const [, owner = '', name, quantization, file] = match ?? [];
  const repo = name === undefined ? owner : `${owner}/${name}`;
  if (match === null || !isRepo(repo, kind)) throw malformed(written, kind);
  if (quantization !== undefined && !/^\w[\w.-]{0,63}$/.test(quantization)) throw malformed(written, kind);
  if (revision !== undefined) checkPath(revision, 'revision', written);
  if (file !== undefined) checkPath(file, 'file', written);
  return { kind, written, repo, quantization, file, revision };
}

function malformed(written: string, kind: HubName): InferenceError {
  return new InferenceError(
    'invalid_request',
    `${JSON.stringify(written)} is no model name; write ${kind}:owner/repo, ${kind}:owner/repo:Q4_K_M, ${kind}:owner/repo/file.gguf, each also with @revision, or the path of a file.`,
    { param: 'model' },
  );
}
