import { nearestName } from '../config/names.ts';
import { InferenceError } from '../contract/errors.ts';
import type { LocalModel } from '../contract/local-model.ts';
import { LocalWrapper } from './local.ts';
import { knownType, modelTypes, type LocalConfig, type ModelConfig, type PostApiConfig } from './model-config.ts';
import { defaultContext, type ModelWrapper, type WrapperContext } from './model-wrapper.ts';
import { OpenaiChatWrapper } from './openai-chat.ts';
import { OpenaiDallEWrapper } from './openai-dall-e.ts';
import { OpenaiEmbeddingWrapper } from './openai-embedding.ts';
import { PostApiChatWrapper } from './post-api-chat.ts';
import { PostApiDallEWrapper } from './post-api-dall-e.ts';
import { PostApiEmbeddingWrapper } from './post-api-embedding.ts';
import { PostApiWrapper } from './post-api.ts';

/**
 * The wrapper of a checked config. A type that is not made here, in an entry with an `api_url`, becomes `post_api` with a
 * warning, as in the original; without an address there is nothing to post to, and it is refused with the list.
 * @param open loads the model of a `local` config
 * @throws InferenceError invalid_request
 */
export function createWrapper(
  config: ModelConfig,
  open: (config: LocalConfig) => Promise<LocalModel>,
  context: WrapperContext = defaultContext,
): ModelWrapper {
  // The entry was checked by the schema of its type.
  switch (knownType(config.model_type)) {
    case 'openai':
    case 'openai_chat':
      return new OpenaiChatWrapper(config, context);
    case 'openai_dall_e':
      return new OpenaiDallEWrapper(config, context);
    case 'openai_embedding':
      return new OpenaiEmbeddingWrapper(config, context);
    case 'post_api':
      return new PostApiWrapper(config as PostApiConfig, context);
    case 'post_api_chat':
      return new PostApiChatWrapper(config as PostApiConfig, context);
    case 'post_api_dall_e':
      return new PostApiDallEWrapper(config as PostApiConfig, context);
    case 'post_api_embedding':
      return new PostApiEmbeddingWrapper(config as PostApiConfig, context);
    case 'local':
      return new LocalWrapper(config, () => open(config), context);
    default:
      return otherwise(config, context);
  }
}

function otherwise(config: ModelConfig, context: WrapperContext): ModelWrapper {
  const { config_name: name, model_type: type } = config;
  if (config.api_url !== undefined) {
    context.warn(`Unsupported model_type [${type}], use PostApiModelWrapper instead.`);
    return new PostApiWrapper(config as PostApiConfig, context);
  }
  const meant = nearestName(type, modelTypes);
  const hint = meant === undefined ? `there are ${modelTypes.join(', ')}.` : `did you mean ${meant}?`;
  throw new InferenceError('invalid_request', `${name}: unknown model_type ${type}; ${hint}`, { param: 'model_type' });
}
