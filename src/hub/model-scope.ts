import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';
import type { HubPlace } from '../contract/hub.ts';
import { explainStatus } from './explain.ts';
import { get, getJson, type Ask } from './http.ts';
import { rank } from './hugging-face.ts';
import { rangeHeader, type Context, type Derived, type Hub, type RepoFile } from './hub.ts';
import { isSafePath } from './paths.ts';
import { Unreachable } from './unreachable.ts';

const entrySchema = z.object({
  Path: z.string(),
  Type: z.string(),
  Size: z.int().min(0).nullish(),
  Sha256: z.string().nullish(),
});
type Entry = z.infer<typeof entrySchema>;

const filesSchema = z.object({
  Code: z.number().nullish(),
  Success: z.boolean().nullish(),
  Message: z.string().nullish(),
  Data: z.object({ Files: z.array(entrySchema).nullish() }).nullish(),
});

const searchSchema = z.object({
  data: z.object({
    models: z.array(z.object({ id: z.string(), downloads: z.number().nullish(), tags: z.array(z.string()).nullish() })),
  }),
});

/** A listing is cut here without a word. */
const CUT = 3000;

/**
 * A repository of ModelScope. The API is that of its Python client (`/api/v1/models/{id}/repo/files`, `/repo?FilePath=`);
 * the search is its open API (`/openapi/v1/models`).
 */
export function modelScope(place: HubPlace, repo: string): Hub {
  const { endpoint, token } = place;
  const base = `${endpoint}/api/v1/models/${repo.split('/').map(encodeURIComponent).join('/')}`;
  const secrets = token === undefined ? {} : { authorization: `Bearer ${token}`, cookie: `m_session_id=${token}` };
  const ask = (context: Context): Ask => ({ secrets, ...context });
  const explain: Hub['explain'] = (error, { revision, file }) =>
    explainStatus(error, {
      name: `modelscope:${repo}`,
      host: new URL(endpoint).host,
      page: `${endpoint}/models/${repo}`,
      token: { variable: 'MODELSCOPE_API_TOKEN', given: token !== undefined, page: `${endpoint}/my/myaccesstoken` },
      revision: revision === 'master' ? undefined : revision,
      file,
    });

  async function listFolder(revision: string, root: string, recursive: boolean, context: Context): Promise<Entry[]> {
    const url = new URL(`${base}/repo/files`);
    url.searchParams.set('Revision', revision);
    url.searchParams.set('Recursive', recursive ? 'True' : 'False');
    if (root !== '') url.searchParams.set('Root', root);
    const result = filesSchema.safeParse((await getJson(url, ask(context))).content);
    if (!result.success)
      throw new Unreachable(url.host, new Error(`it answers ${url.pathname} in a form that is not known`));
    const { Code, Success, Message, Data } = result.data;
    if (Success === false || (Code !== undefined && Code !== null && Code !== 200))
      throw new InferenceError(
        'model_not_found',
        `${url.host} does not list modelscope:${repo} at revision ${revision}: ${Message ?? `code ${Code ?? ''}`}; check the name and the revision on ${endpoint}/models/${repo}.`,
        { param: 'model' },
      );
    return Data?.Files ?? [];
  }

  /** Everything below a folder, folder by folder where one answer would be cut. */
  async function listAll(revision: string, root: string, context: Context): Promise<Entry[]> {
    const all = await listFolder(revision, root, true, context);
    if (all.length < CUT) return all;
    const here = await listFolder(revision, root, false, context);
    if (here.length >= CUT)
      throw new InferenceError(
        'unsupported',
        `modelscope:${repo} has ${CUT} files or more in the folder ${root === '' ? '/' : root}, which ModelScope lists in part; take the model from another place.`,
        { param: 'model' },
      );
    const below: Entry[] = [];
    for (const { Type, Path } of here)
      if (Type === 'tree' && isSafePath(Path)) below.push(...(await listAll(revision, Path, context)));
    return [...here.filter(({ Type }) => Type !== 'tree'), ...below];
  }

  // The version that was listed last is the one whose files are asked for.
  let asked = 'master';
  return {
    folder: `models--${repo.replaceAll('/', '--')}`,
    usualRevision: 'master',
    explain,
    async list(revision, context) {
      try {
        asked = revision;
        const files = (await listAll(revision, '', context)).flatMap(repoFile);
        return { commit: versionOf(files), files, licence: undefined };
      } catch (error) {
        throw explain(error, { revision });
      }
    },
    async fetch(file, _commit, range, context) {
      const url = new URL(`${base}/repo`);
      url.searchParams.set('Revision', asked);
      url.searchParams.set('FilePath', file.path);
      return await get(url, { ...ask(context), headers: range === undefined ? {} : { range: rangeHeader(range) } });
    },
    async derived(context): Promise<Derived[]> {
      try {
        const url = new URL(`${endpoint}/openapi/v1/models`);
        url.searchParams.set('search', plainName(repo));
        url.searchParams.set('sort', 'downloads');
        url.searchParams.set('page_size', '50');
        const result = searchSchema.safeParse((await getJson(url, ask(context))).content);
        const models = result.success ? result.data.data.models : [];
        return rank(
          models.flatMap((model) => asDerived(model, repo)),
          repo,
        );
      } catch (error) {
        throw explain(error, {});
      }
    },
  };
}

function repoFile({ Type, Path, Size, Sha256 }: Entry): RepoFile[] {
  if (Type === 'tree' || !isSafePath(Path)) return [];
  const hex = /^[\da-f]{64}$/i.test(Sha256 ?? '') ? Sha256?.toLowerCase() : undefined;
  return [{ path: Path, bytes: Size ?? 0, checksum: hex === undefined ? undefined : { algorithm: 'sha256', hex } }];
}

/** The listing tells no commit; what it holds names the version as well. */
function versionOf(files: readonly RepoFile[]): string {
  const hash = createHash('sha256');
  for (const { path, bytes, checksum } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${path}\0${bytes}\0${checksum?.hex ?? ''}\n`);
  return hash.digest('hex').slice(0, 40);
}

/** The search knows no relation between models, so the name must be the same but for what says the format. */
function asDerived(
  model: { id: string; downloads?: number | null | undefined; tags?: string[] | null | undefined },
  repo: string,
): Derived[] {
  const said = `${model.id} ${(model.tags ?? []).join(' ')}`;
  const format = /gguf/i.test(said) ? 'gguf' : /onnx/i.test(said) ? 'onnx' : undefined;
  const same = plainName(model.id).toLowerCase() === plainName(repo).toLowerCase();
  if (format === undefined || !same || model.id === repo) return [];
  return [{ repo: model.id, format, downloads: model.downloads ?? 0, gated: false }];
}

/** `modelscope/Llama-2-7b-ms` and `somebody/Llama-2-7b-GGUF` are both `Llama-2-7b`. */
function plainName(id: string): string {
  const name = id.split('/').at(-1) ?? id;
  return name.replace(/[-_.](gguf|onnx|ms|hf)(?=$|[-_.])/gi, '');
}
