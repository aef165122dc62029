import { z } from 'zod';
import type { ModelState, ModelStatus } from '../../contract/model-host.ts';
import type { Call } from '../dialect.ts';
import { modelInPath, modelParams } from '../request.ts';
import { modelSchema } from './reply-schemas.ts';

/** The models that are served, loaded or not. */
export const listModels: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/v1/models', '/models'],
  doc: { summary: 'List the models', reply: z.object({ object: z.literal('list'), data: z.array(modelSchema) }) },
  run: async (_input, { host }) => ({ object: 'list', data: host.list().map(modelEntry) }),
};

/** The model that would answer to a name. */
export const retrieveModel: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/v1/models/:id', '/v1/models/:owner/:name'],
  doc: { summary: 'Tell of a model', params: modelParams, reply: modelSchema },
  run: async ({ params }, { host }) => modelEntry(host.status(modelInPath(params))),
};

/** As llama-server's router calls the states. */
const routerStates: Record<ModelState, string> = {
  unloaded: 'unloaded',
  loading: 'loading',
  ready: 'loaded',
  unloading: 'loaded',
  failed: 'unloaded',
};

/** OpenAI's four fields; the rest are extensions, `status` as llama-server's router has it. */
export function modelEntry(status: ModelStatus) {
  const { id, format, state, tasks, info, created, progress, error, bytes, measuredBytes } = status;
  return {
    id,
    object: 'model',
    created: info?.created ?? created,
    owned_by: 'hearth',
    state,
    ...(progress !== undefined && { progress }),
    ...(error !== undefined && { error }),
    status: { value: routerStates[state], ...(state === 'failed' && { failed: true }) },
    ...(info && { context_size: info.contextSize }),
    format,
    tasks,
    ...(info?.dimensions !== undefined && { dimensions: info.dimensions }),
    ...(info?.labels !== undefined && { labels: info.labels }),
    ...(bytes !== undefined && { memory_bytes: bytes }),
    ...(measuredBytes !== undefined && { measured_bytes: measuredBytes }),
    active: status.active,
    waiting: status.waiting,
  };
}
