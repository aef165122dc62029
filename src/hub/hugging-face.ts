import { z } from 'zod';
import type { HubPlace } from '../contract/hub.ts';
import { explainStatus } from './explain.ts';
import { get, getJson, type Ask } from './http.ts';
import { rangeHeader, type Context, type Derived, type Hub, type Listing, type RepoFile } from './hub.ts';
import { isSafePath } from './paths.ts';
import { Unreachable } from './unreachable.ts';

const infoSchema = z.object({
  sha: z.string().regex(/^[\da-f]{40,64}$/i),
  cardData: z.object({ license: z.unknown() }).partial().nullish(),
});

const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.int().min(0).optional(),
    oid: z.string().optional(),
    lfs: z.object({ oid: z.string(), size: z.int().min(0) }).nullish(),
  }),
);

const modelsSchema = z.array(
  z.object({
    id: z.string(),
    downloads: z.number().nullish(),
    tags: z.array(z.string()).nullish(),
    gated: z.union([z.boolean(), z.string()]).nullish(),
  }),
);

/** More pages than any repository has; a listing without end is refused. */
const MOST_PAGES = 1000;

/**
 * A repository of Hugging Face, or of a mirror with the same API. The API is that of huggingface_hub and huggingface.js
 * (`/api/models/{id}/revision/{revision}`, `/tree/{revision}`, `/{id}/resolve/{revision}/{file}`).
 */
export function huggingFace(place: HubPlace, repo: string): Hub {
  const { endpoint, token } = place;
  const id = encoded(repo);
  const secrets = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const ask = (context: Context): Ask => ({ secrets, ...context });
  const explain: Hub['explain'] = (error, { revision, file }) =>
    explainStatus(error, {
      name: `hf:${repo}`,
      host: new URL(endpoint).host,
      page: `${endpoint}/${repo}`,
      token: { variable: 'HF_TOKEN', given: token !== undefined, page: `${endpoint}/settings/tokens` },
      revision: revision === 'main' ? undefined : revision,
      file,
    });

  async function readTree(commit: string, context: Context): Promise<RepoFile[]> {
    const files: RepoFile[] = [];
    let page: URL | undefined = new URL(`${endpoint}/api/models/${id}/tree/${commit}?recursive=true`);
    for (let pages = 0; page !== undefined; pages += 1) {
      if (pages === MOST_PAGES) throw new Unreachable(page.host, new Error(`it lists more than ${pages} pages`));
      const { content, headers } = await getJson(page, ask(context));
      files.push(...read(treeSchema, content, page).flatMap(repoFile));
      const next: string | undefined = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1];
      page = next === undefined ? undefined : new URL(next, page);
    }
    return files;
  }

  return {
    folder: `models--${repo.replaceAll('/', '--')}`,
    usualRevision: 'main',
    explain,
    async list(revision, context): Promise<Listing> {
      try {
        const url = new URL(`${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}`);
        const info = read(infoSchema, (await getJson(url, ask(context))).content, url);
        const licence = info.cardData?.license;
        const files = await readTree(info.sha, context);
        return { commit: info.sha, files, licence: typeof licence === 'string' ? licence : undefined };
      } catch (error) {
        throw explain(error, { revision });
      }
    },
    async fetch(file, commit, range, context) {
      const headers = range === undefined ? {} : { range: rangeHeader(range) };
      return await get(new URL(`${endpoint}/${id}/resolve/${commit}/${encoded(file.path)}`), {
        ...ask(context),
        headers,
      });
    },
    async derived(context): Promise<Derived[]> {
      const query = (...filters: string[]): URL => {
        const url = new URL(`${endpoint}/api/models`);
        for (const filter of filters) url.searchParams.append('filter', filter);
        for (const field of ['downloads', 'gated', 'tags']) url.searchParams.append('expand', field);
        url.searchParams.set('sort', 'downloads');
        url.searchParams.set('limit', '50');
        return url;
      };
      try {
        const found = await Promise.all(
          (['gguf', 'onnx'] as const).map(async (format) => {
            const relation =
              format === 'gguf' ? [`base_model:quantized:${repo}`] : [`base_model:${repo}`, 'transformers.js'];
            const url = query(...relation, format);
            const models = read(modelsSchema, (await getJson(url, ask(context))).content, url);
            return models.filter(({ tags }) => converted(tags ?? [])).map((model) => derived(model, format));
          }),
        );
        return rank(found.flat(), repo);
      } catch (error) {
        throw explain(error, {});
      }
    },
  };
}

function repoFile(entry: z.infer<typeof treeSchema>[number]): RepoFile[] {
  const { type, path, lfs, oid } = entry;
  // A name that leads out of its folder is no file of ours, whoever lists it.
  if (type !== 'file' || !isSafePath(path)) return [];
  const sha256 = /^(?:sha256:)?([\da-f]{64})$/i.exec(lfs?.oid ?? '')?.[1]?.toLowerCase();
  const git = /^[\da-f]{40}$/i.test(oid ?? '') ? oid?.toLowerCase() : undefined;
  const bytes = lfs?.size ?? entry.size ?? 0;
  if (sha256 !== undefined) return [{ path, bytes, checksum: { algorithm: 'sha256', hex: sha256 } }];
  return [{ path, bytes, checksum: git === undefined ? undefined : { algorithm: 'git-sha1', hex: git } }];
}

/** Not a fine-tune of it, nor a merge, which are other models. */
function converted(tags: readonly string[]): boolean {
  return !tags.some((tag) => /^base_model:(finetune|merge|adapter):/.test(tag));
}

function derived(model: z.infer<typeof modelsSchema>[number], format: Derived['format']): Derived {
  const gated = model.gated !== undefined && model.gated !== null && model.gated !== false;
  return { repo: model.id, format, downloads: model.downloads ?? 0, gated };
}

/** Open ones first, then the model's own makers, then GGUF, then what most people take. */
export function rank(models: readonly Derived[], repo: string): Derived[] {
  const owner = repo.split('/')[0];
  const own = (model: Derived): number => (model.repo.split('/')[0] === owner ? 0 : 1);
  const form = (model: Derived): number => (model.format === 'gguf' ? 0 : 1);
  return models.toSorted(
    (a, b) => Number(a.gated) - Number(b.gated) || own(a) - own(b) || form(a) - form(b) || b.downloads - a.downloads,
  );
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function read<T>(schema: z.ZodType<T>, content: unknown, url: URL): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new Unreachable(url.host, new Error(`it answers ${url.pathname} in a form that is not known`));
}
