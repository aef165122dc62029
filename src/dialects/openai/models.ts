import { z } from 'zod';
import type { ModelInfo } from '../../contract/model.ts';
import type { Call } from '../dialect.ts';
import { modelInPath, modelParams } from '../request.ts';
import { modelSchema } from './reply-schemas.ts';

/** The models that are served. */
export const listModels: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/v1/models', '/models'],
  doc: { summary: 'List the models', reply: z.object({ object: z.literal('list'), data: z.array(modelSchema) }) },
  run: async (_input, { models }) => ({ object: 'list', data: models.list().map(entry) }),
};

/** The model that would answer to a name. */
export const retrieveModel: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/v1/models/:id', '/v1/models/:owner/:name'],
  doc: { summary: 'Tell of a model', params: modelParams, reply: modelSchema },
  run: async ({ params }, { models }) => entry(models.resolve(modelInPath(params)).info),
};

/** OpenAI's four fields; the rest are extensions. */
function entry(info: ModelInfo) {
  return {
    id: info.id,
    object: 'model',
    created: info.created,
    owned_by: 'hearth',
    context_size: info.contextSize,
    format: info.format,
    tasks: info.tasks,
    ...(info.dimensions !== undefined && { dimensions: info.dimensions }),
    ...(info.labels !== undefined && { labels: info.labels }),
  };
}
