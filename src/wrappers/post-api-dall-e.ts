import { toTexts, type ModelInput } from './message.ts';
import { ModelResponse } from './model-response.ts';
import type { RequestOptions } from './model-wrapper.ts';
import { PostApiWrapper } from './post-api.ts';
import { imageUrlsOf } from './reply-forms.ts';

/** `post_api_dall_e`: a text, answered by images in `data.response.data` or `data`. */
export class PostApiDallEWrapper extends PostApiWrapper {
  protected override async request(
    input: ModelInput | readonly string[],
    options: RequestOptions,
  ): Promise<ModelResponse> {
    const [prompt] = toTexts(input, this.modelType);
    const raw = await this.postForJson(prompt, options);
    const imageUrls = imageUrlsOf(raw);
    if (imageUrls === undefined) throw this.unread('no images; api_url must be the path of images');
    return new ModelResponse({ raw, imageUrls });
  }
}
