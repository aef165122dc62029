import { z } from 'zod';
import type { PullEvent } from '../contract/model-host.ts';
import type { Services } from '../contract/model.ts';
import type { Call, CallInput, CreateDialect, Frame } from './dialect.ts';
import { boolean, must } from './fields.ts';
import { keepAlive, keepAliveOf } from './keep-alive.ts';
import { modelEntry } from './openai/models.ts';
import { modelSchema } from './openai/reply-schemas.ts';
import { modelInPath, modelParams } from './request.ts';
import { plainError, plainErrorSchema } from './status.ts';
import { unknownFields } from './unknown-fields.ts';

const nameError = must('the id of a model, a string that is not empty');
const model = z.string({ error: nameError }).min(1, { error: nameError });
const objectError = { error: must('a JSON object') };
const loadBody = z.looseObject({ model, keep_alive: keepAlive() }, objectError);
const unloadBody = z.looseObject({ model }, objectError);
const pulledError = must('a name on a hub, such as "hf:owner/repo:Q4_K_M"');
const pullBody = z.looseObject(
  {
    model: z
      .string({ error: pulledError })
      .min(1, { error: pulledError })
      .describe('`hf:owner/repo[:quantization]`, `modelscope:owner/name` or `owner/name`.'),
    stream: boolean().describe('Whether the progress is told as server-sent events; true unless given.'),
  },
  objectError,
);
type PullBody = z.infer<typeof pullBody>;

const done = z.object({ success: z.literal(true), model: modelSchema });
const progress = z.object({
  status: z.literal('downloading'),
  file: z.string(),
  completed: z.int().min(0).describe('Bytes that are there.'),
  total: z.int().min(0).describe('Bytes of all files that were missing.'),
});

/** `/models/load`, `/models/unload`, `/models/pull` and `DELETE /models/{id}`: which models there are, and which are loaded. */
export const createModels: CreateDialect = ({ unknownFields: given }) => {
  const mode = given ?? 'refuse';
  const load: Call<z.infer<typeof loadBody>> = {
    kind: 'call',
    method: 'POST',
    paths: ['/models/load'],
    body: loadBody,
    doc: {
      summary: 'Load a model',
      description:
        'Answers when it is ready. Others that nobody works with make room where the memory budget wants it.',
      example: { model: 'SmolLM2-135M-Instruct.Q4_1' },
      reply: done,
    },
    ignored: (body) => unknownFields(body, Object.keys(loadBody.shape), mode),
    async run({ body, signal }, { host }) {
      return succeeded(await host.load(body.model, signal, keepAliveOf(body)));
    },
  };
  const unload: Call<z.infer<typeof unloadBody>> = {
    kind: 'call',
    method: 'POST',
    paths: ['/models/unload'],
    body: unloadBody,
    doc: {
      summary: 'Give the memory of a model back',
      description: 'Answers when its running requests are over and it is gone. A later request loads it again.',
      example: { model: 'SmolLM2-135M-Instruct.Q4_1' },
      reply: done,
    },
    ignored: (body) => unknownFields(body, Object.keys(unloadBody.shape), mode),
    run: async ({ body, signal }, { host }) => succeeded(await host.unload(body.model, signal)),
  };
  const remove: Call = {
    kind: 'call',
    method: 'DELETE',
    paths: ['/models/:id', '/models/:owner/:name'],
    doc: {
      summary: 'Take a model off the list',
      description: 'It is unloaded when its running requests are over. Its files stay where they are.',
      params: modelParams,
      reply: z.object({ id: z.string(), object: z.literal('model'), deleted: z.literal(true) }),
    },
    async run({ params, signal }, { host }) {
      const id = modelInPath(params);
      await host.remove(id, signal);
      return { id, object: 'model', deleted: true };
    },
  };
  const pull: Call<PullBody> = {
    kind: 'call',
    method: 'POST',
    paths: ['/models/pull'],
    body: pullBody,
    doc: {
      summary: 'Fetch a model from a hub and add it to the list',
      description:
        'It is loaded by the first request for it. A client that leaves stops the download, which goes on from there next time.',
      example: { model: 'hf:owner/repo:Q4_K_M' },
      reply: done,
      frame: z.union([progress, done]),
    },
    ignored: (body) => unknownFields(body, Object.keys(pullBody.shape), mode),
    async run(input, services) {
      let last: unknown;
      for await (const told of pulling(input, services)) last = told;
      return last;
    },
    progress: {
      wanted: (body) => body.stream ?? true,
      async *frames(input, services): AsyncGenerator<Frame> {
        for await (const json of pulling(input, services)) yield { json };
      },
      errorFrame: (error) => ({ json: plainError(error).body }),
    },
  };
  return {
    name: 'models',
    prefixes: ['/models/load', '/models/unload', '/models/pull'],
    routes: [load, unload, pull, remove],
    doc: { summary: 'Loading, unloading and fetching models.', error: plainErrorSchema },
    error: plainError,
  };
};

/** The progress, in Ollama's words, and at the end the model. */
async function* pulling({ body, signal }: CallInput<PullBody>, { host }: Services): AsyncGenerator<object> {
  const events = host.pull(body.model, signal);
  for (let next = await events.next(); ; next = await events.next()) {
    if (next.done === true) {
      yield succeeded(next.value);
      return;
    }
    yield downloading(next.value);
  }
}

function downloading({ file, doneBytes, totalBytes }: PullEvent): object {
  return { status: 'downloading', file, completed: doneBytes, total: totalBytes };
}

function succeeded(status: Parameters<typeof modelEntry>[0]) {
  return { success: true, model: modelEntry(status) };
}
