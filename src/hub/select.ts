import { InferenceError } from '../contract/errors.ts';
import type { HubSettings } from '../contract/hub.ts';
import { installedModels, type Installed } from './installed.ts';
import { placeOf, type Place } from './places.ts';
import type { ModelName } from './repo-name.ts';

/** The models in the caches that a name means; of a repository all. */
export async function selectInstalled(
  name: ModelName,
  settings: HubSettings,
): Promise<{ place: Place; selected: Installed[]; others: Installed[] }> {
  const place = placeOf(name, settings);
  const here = (await installedModels(settings)).filter(({ cache }) => cache.path === place.cache.path);
  const commit =
    name.kind === 'url' || name.revision === undefined ? undefined : await place.cache.commitOf(name.revision);
  const { file, quantization } = place;
  const wanted = (model: Installed): boolean =>
    (name.kind === 'url' || name.revision === undefined || model.commit === commit) &&
    (file === undefined || model.files.some(({ path }) => path === file)) &&
    (quantization === undefined || model.quantization?.toUpperCase() === quantization.toUpperCase());
  return { place, selected: here.filter(wanted), others: here.filter((model) => !wanted(model)) };
}

/** @throws always InferenceError model_not_found, with what is there of the repository */
export function notInstalled(name: ModelName, others: readonly Installed[]): never {
  const there =
    others.length === 0 ? 'hearth list shows what is' : `there is ${others.map((model) => model.name).join(', ')}`;
  throw new InferenceError('model_not_found', `${name.written} is not on this machine; ${there}.`, { param: 'model' });
}
