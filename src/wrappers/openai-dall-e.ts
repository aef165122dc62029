import type { ImageGenerateParamsNonStreaming } from 'openai/resources/images';
import { InferenceError } from '../contract/errors.ts';
import { toTexts, type ModelInput } from './message.ts';
import { ModelResponse } from './model-response.ts';
import type { RequestOptions } from './model-wrapper.ts';
import { OpenaiWrapper } from './openai-wrapper.ts';
import { imageUrlsOf } from './reply-forms.ts';

/** `openai_dall_e`: images of a text. */
export class OpenaiDallEWrapper extends OpenaiWrapper {
  protected async request(
    input: ModelInput | readonly string[],
    { signal, args }: RequestOptions,
  ): Promise<ModelResponse> {
    const [prompt = ''] = toTexts(input, this.modelType);
    const params = {
      model: this.modelName,
      ...this.config.generate_args,
      ...args,
      prompt,
    } as ImageGenerateParamsNonStreaming;
    const raw = await this.ask((client) => client.images.generate(params, { signal }), signal);
    const imageUrls = imageUrlsOf(raw);
    if (imageUrls === undefined)
      throw new InferenceError('model_failed', `${this.configName} answered with no images.`);
    return new ModelResponse({ raw, imageUrls });
  }
}
