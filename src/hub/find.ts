import { InferenceError } from '../contract/errors.ts';
import type { HubSettings } from '../contract/hub.ts';
import { cachedListing } from './cached.ts';
import { chooseFiles, type Choice } from './choose.ts';
import { StatusError, type Waits } from './http.ts';
import type { Context, Derived, Listing } from './hub.ts';
import { placeOf, titleOf, type Place } from './places.ts';
import type { ModelName, RepoName } from './repo-name.ts';
import { Unreachable } from './unreachable.ts';

export interface FindOptions {
  settings: HubSettings;
  signal?: AbortSignal | undefined;
  waits: Waits;
  /** Bytes that a model may take. */
  memory: number;
  /** Sentences for whoever asked. */
  onNote(sentence: string): void;
  /** Whether a model that was made from the one named may be taken for it; undefined where nobody can be asked. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
}

/** A model that can be loaded, and where its files are. */
export interface Found {
  place: Place;
  listing: Listing;
  choice: Choice;
  /** The listing is what the cache holds: the hub was not asked. */
  cached: boolean;
}

/**
 * Asks the hub for a model and chooses its files. Where the hub cannot be reached, what is in the cache must do. Where there
 * is neither a GGUF nor an ONNX model, one that was converted from it is taken if `confirm` agrees.
 * @throws InferenceError model_not_found, forbidden, overloaded, model_failed with what to do
 */
export async function findModel(name: ModelName, options: FindOptions): Promise<Found> {
  const place = placeOf(name, options.settings);
  const { listing, cached } = await listModel(place, options);
  const { quantization, file, title } = place;
  const choice = chooseFiles(listing.files, { name: title, quantization, file, memory: options.memory });
  if (choice !== undefined) {
    for (const note of choice.notes) options.onNote(note);
    return { place, listing, choice, cached };
  }
  if (name.kind === 'url' || cached) throw nothingThere(title);
  return await findDerived(name, place, options);
}

async function listModel(place: Place, options: FindOptions): Promise<Pick<Found, 'listing' | 'cached'>> {
  const { hub, cache, revision, title } = place;
  const { settings, onNote } = options;
  if (settings.offline) {
    const listing = await cachedListing(cache, revision);
    if (listing !== undefined) return { listing, cached: true };
    throw new InferenceError(
      'model_not_found',
      `${title} is not in the cache ${cache.path}, and HF_HUB_OFFLINE forbids to fetch it; unset that, or pull it elsewhere.`,
      { param: 'model' },
    );
  }
  try {
    return { listing: await hub.list(revision, context(options)), cached: false };
  } catch (error) {
    const listing = isOutage(error) ? await cachedListing(cache, revision) : undefined;
    if (listing === undefined) throw error;
    onNote(`${error instanceof Error ? error.message : String(error)} What is in the cache is taken.`);
    return { listing, cached: true };
  }
}

export function context({ signal, waits, settings }: Pick<FindOptions, 'signal' | 'waits' | 'settings'>): Context {
  return { signal, waits, proxies: settings.proxies };
}

/** The hub has a bad day, which says nothing about the model. */
function isOutage(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  const status = error instanceof Error && error.cause instanceof StatusError ? error.cause.status : 0;
  return status === 429 || status >= 500;
}

/** Candidates that are looked at before giving up. */
const TRIED = 3;
const SHOWN = 5;

async function findDerived(name: RepoName, place: Place, options: FindOptions): Promise<Found> {
  const candidates = (await place.hub.derived(context(options))).filter(({ repo }) => repo !== name.repo);
  const full = (model: Derived): string => titleOf({ kind: name.kind, repo: model.repo });
  const [best] = candidates;
  if (best === undefined) throw nothingThere(place.title, ', and no conversion was found for it');
  const list = candidates.slice(0, SHOWN).map(full).join(', ');
  const reason = `${place.title} holds no GGUF or ONNX model`;
  const agreed = await options.confirm?.(`${reason}. Take ${full(best)}, which was converted from it?`);
  if (agreed !== true) {
    const others = candidates.length > SHOWN ? `${list}, …` : list;
    throw new InferenceError(
      'model_not_found',
      `${reason}, but these were converted from it: ${others}. Name one of them, pass --yes to take the first, or convert it yourself (docs/models.md).`,
      { param: 'model' },
    );
  }
  for (const candidate of candidates.slice(0, TRIED)) {
    const { written, kind, quantization } = name;
    const other = placeOf(
      { kind, written, repo: candidate.repo, quantization, file: undefined, revision: undefined },
      options.settings,
    );
    const { listing, cached } = await listModel(other, options);
    const choice = chooseFiles(listing.files, {
      name: other.title,
      quantization,
      file: undefined,
      memory: options.memory,
    });
    if (choice === undefined) continue;
    options.onNote(`${reason}; ${other.title} is taken, which was converted from it.`);
    for (const note of choice.notes) options.onNote(note);
    return { place: other, listing, choice, cached };
  }
  throw nothingThere(place.title, ', and no conversion was found for it');
}

function nothingThere(title: string, more = ''): InferenceError {
  return new InferenceError(
    'model_not_found',
    `${title} holds no GGUF or ONNX model${more}; name another one, or convert it yourself (docs/models.md tells how).`,
    { param: 'model' },
  );
}
