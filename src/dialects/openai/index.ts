import type { Dialect, DialectSettings } from '../dialect.ts';
import { chatRoute } from './chat.ts';
import { completionsRoute } from './completions.ts';
import { embeddingsRoute } from './embeddings.ts';
import { openaiError } from './errors.ts';
import { inputTokensRoute } from './input-tokens.ts';
import { listModels, retrieveModel } from './models.ts';
import { openaiErrorSchema } from './reply-schemas.ts';
import { rerankRoute } from './rerank.ts';
import { responsesRoute, responseTokensRoute } from './responses/create.ts';
import { deleteResponse, listInputItems, retrieveResponse } from './responses/stored.ts';

/** `/v1`, and without it: OpenAI's API. */
export function createOpenai(settings: DialectSettings): Dialect {
  return {
    name: 'openai',
    prefixes: ['/v1', '/chat', '/completions', '/embeddings', '/rerank', '/responses'],
    routes: [
      listModels,
      retrieveModel,
      chatRoute(settings),
      completionsRoute(settings),
      responsesRoute(settings),
      retrieveResponse,
      deleteResponse,
      listInputItems,
      responseTokensRoute(settings),
      inputTokensRoute(settings),
      embeddingsRoute(settings),
      rerankRoute(settings),
    ],
    doc: { summary: "OpenAI's API, with extensions of vLLM and llama-server.", error: openaiErrorSchema },
    error: openaiError,
  };
}
