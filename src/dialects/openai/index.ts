import type { Dialect, DialectSettings } from '../dialect.ts';
import { chatRoute } from './chat.ts';
import { completionsRoute } from './completions.ts';
import { embeddingsRoute } from './embeddings.ts';
import { openaiError } from './errors.ts';
import { inputTokensRoute } from './input-tokens.ts';
import { listModels, retrieveModel } from './models.ts';
import { rerankRoute } from './rerank.ts';

/** `/v1`, and without it: OpenAI's API. */
export function createOpenai(settings: DialectSettings): Dialect {
  return {
    name: 'openai',
    prefixes: ['/v1', '/chat', '/completions', '/embeddings', '/rerank'],
    routes: [
      listModels,
      retrieveModel,
      chatRoute(settings),
      completionsRoute(settings),
      inputTokensRoute(settings),
      embeddingsRoute(settings),
      rerankRoute(settings),
    ],
    error: openaiError,
  };
}
