import type { Dialect, DialectSettings } from '../dialect.ts';
import { chatRoute } from './chat.ts';
import { openaiError } from './errors.ts';
import { listModels, retrieveModel } from './models.ts';

/** `/v1`: OpenAI's API. */
export function createOpenai(settings: DialectSettings): Dialect {
  return {
    name: 'openai',
    prefix: '/v1',
    routes: [listModels, retrieveModel, chatRoute(settings)],
    error: openaiError,
  };
}
