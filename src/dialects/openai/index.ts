import type { Dialect, DialectSettings } from '../dialect.ts';
import { chatRoute } from './chat.ts';
import { embeddingsRoute } from './embeddings.ts';
import { openaiError } from './errors.ts';
import { listModels, retrieveModel } from './models.ts';
import { rerankRoute } from './rerank.ts';

/** `/v1`: OpenAI's API. */
export function createOpenai(settings: DialectSettings): Dialect {
  return {
    name: 'openai',
    prefixes: ['/v1', '/embeddings', '/rerank'],
    routes: [listModels, retrieveModel, chatRoute(settings), embeddingsRoute(settings), rerankRoute(settings)],
    error: openaiError,
  };
}
