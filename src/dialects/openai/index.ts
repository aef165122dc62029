import type { Dialect, DialectSettings } from '../dialect.ts';
import { chatRoute } from './chat.ts';
import { classifyRoute } from './classify.ts';
import { completionsRoute } from './completions.ts';
import { embeddingsRoute } from './embeddings.ts';
import { openaiError } from './errors.ts';
import { inputTokensRoute } from './input-tokens.ts';
import { listModels, retrieveModel } from './models.ts';
import { notYet } from '../not-yet.ts';
import { predictRoute } from './predict.ts';
import { openaiErrorSchema } from './reply-schemas.ts';
import { rerankRoute } from './rerank.ts';
import { responsesRoute, responseTokensRoute } from './responses/create.ts';
import { deleteResponse, listInputItems, retrieveResponse } from './responses/stored.ts';

/** `/v1`, and without it: OpenAI's API. */
export function createOpenai(settings: DialectSettings): Dialect {
  return {
    name: 'openai',
    prefixes: ['/v1', '/chat', '/completions', '/embeddings', '/rerank', '/classify', '/predict', '/responses'],
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
      classifyRoute(settings),
      predictRoute(settings),
      notYet(['/v1/audio/speech'], 'Text to speech'),
      notYet(['/v1/audio/transcriptions'], 'Speech to text'),
      notYet(['/v1/audio/translations'], 'Translating speech'),
      notYet(['/v1/images/generations'], 'Making images'),
      notYet(['/v1/images/edits'], 'Editing images'),
      notYet(['/v1/images/variations'], 'Varying images'),
    ],
    doc: { summary: "OpenAI's API, with extensions of vLLM and llama-server.", error: openaiErrorSchema },
    error: openaiError,
  };
}
