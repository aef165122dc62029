import { InferenceError } from '../contract/errors.ts';
import type { Model, Models } from '../contract/model.ts';
import type { TextService } from '../contract/text.ts';

/**
 * The model that answers to a name, with what its tokenizer and template can do.
 * @throws InferenceError model_not_found, loading, unsupported
 */
export function textModel(models: Models, name: string | null | undefined): { model: Model; text: TextService } {
  const model = models.capable(name ?? undefined, 'generate');
  if (model.text === undefined) {
    throw new InferenceError('unsupported', `The model ${model.info.id} does not tokenize texts; name another.`);
  }
  return { model, text: model.text };
}
