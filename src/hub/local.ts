import { basename } from 'node:path';
import { isModelName, parseModelName } from './model-name.ts';
import { pullModel, type PullOptions } from './pull.ts';

/** What is to be loaded: paths or names, and the ids that clients know the first ones by. */
export interface ModelList {
  model: readonly string[];
  alias: readonly string[];
}

/**
 * Turns the names among models into paths, fetching what is not there; paths stay as they are. Where a name was turned, every
 * model gets an alias, since the path of a fetched one does not say what it is called.
 * @throws InferenceError as `pullModel`
 */
export async function localModels(
  list: ModelList,
  options: PullOptions,
): Promise<{ model: string[]; alias: string[] }> {
  const model: string[] = [];
  const ids: string[] = [];
  for (const text of list.model) {
    const local = isModelName(text)
      ? await pullModel(parseModelName(text, options.settings), options)
      : { path: text, id: basename(text).replace(/\.gguf$/i, '') };
    model.push(local.path);
    ids.push(local.id);
  }
  const all = list.alias.length > model.length || !list.model.some(isModelName);
  return { model, alias: all ? [...list.alias] : ids.map((id, index) => list.alias[index] ?? id) };
}
