import type { EmbeddingCreateParams } from 'openai/resources/embeddings';
import { InferenceError } from '../contract/errors.ts';
import { toTexts, type ModelInput } from './message.ts';
import { ModelResponse } from './model-response.ts';
import type { RequestOptions } from './model-wrapper.ts';
import { OpenaiWrapper } from './openai-wrapper.ts';
import { usageOf, vectorsOf } from './reply-forms.ts';

/** `openai_embedding`: vectors of a text or several. */
export class OpenaiEmbeddingWrapper extends OpenaiWrapper {
  protected async request(
    input: ModelInput | readonly string[],
    { signal, args }: RequestOptions,
  ): Promise<ModelResponse> {
    const params = {
      model: this.modelName,
      ...this.config.generate_args,
      ...args,
      input: toTexts(input, this.modelType),
    } as EmbeddingCreateParams;
    const raw = await this.ask((client) => client.embeddings.create(params, { signal }), signal);
    const embedding = vectorsOf(raw);
    if (embedding === undefined)
      throw new InferenceError('model_failed', `${this.configName} answered with no vectors.`);
    return new ModelResponse({ raw, embedding, usage: usageOf(raw) });
  }
}
