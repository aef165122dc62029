import type { HubName, HubSettings } from '../contract/hub.ts';

/** A model in a repository of a hub. */
export interface RepoName {
  kind: HubName;
  /** As it was written, for messages. */
  written: string;
  /** `owner/name`; a few old models of Hugging Face have no owner. */
  repo: string;
  /** `Q4_K_M`, or of an ONNX model `q8`. */
  quantization: string | undefined;
  /** A path inside the repository. */
  file: string | undefined;
  /** A branch, a tag or a commit. */
  revision: string | undefined;
}

/** A GGUF file somewhere on the web. */
export interface UrlName {
  kind: 'url';
  written: string;
  url: URL;
}

export type ModelName = RepoName | UrlName;

export type Endpoints = Pick<HubSettings, 'hub'> & Record<'huggingFace' | 'modelScope', { endpoint: string }>;

/** Whether a hub can have such a repository: the rules of its own clients. */
export function isRepo(repo: string, kind: HubName): boolean {
  const parts = repo.split('/');
  const named = parts.every((part) => /^[\w-][\w.-]{0,95}$/.test(part) && !part.includes('..') && !/[.-]$/.test(part));
  return named && (parts.length === 2 || (parts.length === 1 && kind === 'hf'));
}
