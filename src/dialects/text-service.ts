import { InferenceError } from '../contract/errors.ts';
import type { Model, Models } from '../contract/model.ts';
import type { TextService } from '../contract/text.ts';

/**
 * The model that answers to a name, with what its tokenizer and template can do.
 * @throws InferenceError as `Models.capable`, unsupported
 */
export async function textModel(
  models: Models,
  name: string | null | undefined,
): Promise<{ model: Model; text: TextService }> {
  const model = await models.capable(name ?? undefined, 'generate');
  if (model.text === undefined) {
    throw new InferenceError('unsupported', `The model ${model.info.id} does not tokenize texts; name another.`);
  }
  return { model, text: model.text };
}
