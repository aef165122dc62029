import { toTexts, type ModelInput } from './message.ts';
import { ModelResponse } from './model-response.ts';
import type { RequestOptions } from './model-wrapper.ts';
import { PostApiWrapper } from './post-api.ts';
import { usageOf, vectorsOf } from './reply-forms.ts';

/** `post_api_embedding`: a text or several, answered by vectors in `data.response.data`, in `data`, or alone. */
export class PostApiEmbeddingWrapper extends PostApiWrapper {
  protected override async request(
    input: ModelInput | readonly string[],
    options: RequestOptions,
  ): Promise<ModelResponse> {
    const texts = toTexts(input, this.modelType);
    const raw = await this.postForJson(Array.isArray(input) ? texts : texts[0], options);
    const embedding = vectorsOf(raw);
    if (embedding === undefined) throw this.unread('no vectors; api_url must be the path of an embedding model');
    return new ModelResponse({ raw, embedding, usage: usageOf(raw) });
  }
}
