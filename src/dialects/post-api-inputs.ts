import { z } from 'zod';
import type { TextInput } from '../contract/input.ts';
import type { Models, Task } from '../contract/model.ts';
import type { Call, CallInput, DialectSettings, OtherTasks } from './dialect.ts';
import { must, text } from './fields.ts';
import { inputList, toInputs, type InputList } from './inputs.ts';
import { keepAlive } from './keep-alive.ts';
import { judged, judgedSchema } from './labels.ts';
import { rerankRoute } from './openai/rerank.ts';
import { onePrompt, promptKeys } from './post-api-prompt.ts';
import { modelInBody } from './request.ts';
import { unknownFields } from './unknown-fields.ts';
import { toNumbers } from './vectors.ts';

const usage = z.object({ prompt_tokens: z.int(), total_tokens: z.int() });
const list = { object: z.literal('list'), model: z.string(), usage };

/** What a task makes of inputs: the `data` of the reply, and what the log wants to know. */
type Compute = (
  inputs: readonly TextInput[],
  asked: { models: Models; name: string | undefined; signal: AbortSignal; begun(model: string): void },
) => Promise<{ model: string; data: readonly object[]; promptTokens: number; queueMs: number }>;

const embed: Compute = async (inputs, { models, name, signal, begun }) => {
  const model = await models.capable(name, 'embed');
  begun(model.info.id);
  // `dimensions` is no field here.
  const { vectors, ...told } = await model.embed({ inputs, names: { dimensions: 'dimensions' } }, signal);
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: toNumbers(vector) }));
  return { ...told, model: model.info.id, data };
};

const classify: Compute = async (inputs, { models, name, signal, begun }) => {
  const model = await models.capable(name, 'classify');
  begun(model.info.id);
  const result = await model.classify({ inputs: inputs.map((one) => ({ text: one })) }, signal);
  return { ...result, model: model.info.id, data: judged(result) };
};

/** Paths below `/llm` that are for one task whatever models there are. Their `data` is an array (AgentScope 0.1.1 on). */
export function taskRoutes(settings: DialectSettings): Call<Record<string, unknown>>[] {
  const embedding = z.object({ object: z.literal('embedding'), index: z.int(), embedding: z.array(z.number()) });
  return [
    {
      ...route(settings, embed),
      paths: ['/llm/embeddings'],
      doc: {
        summary: "Make vectors of texts, for AgentScope's `post_api_embedding`",
        example: { inputs: ['A text.'] },
        reply: z.object({ ...list, data: z.array(embedding) }),
      },
    },
    {
      ...route(settings, classify),
      paths: ['/llm/classify'],
      doc: {
        summary: 'Judge texts by the labels of a model',
        example: { inputs: ['A text.'] },
        reply: z.object({ ...list, data: z.array(judgedSchema) }),
      },
    },
  ];
}

/** `POST /llm/rerank`: what `/v1/rerank` takes and gives. */
export function rankRoute(settings: DialectSettings): ReturnType<typeof rerankRoute> {
  return { ...rerankRoute(strict(settings)), paths: ['/llm/rerank'] };
}

/** `/llm` itself where the model generates no text: the reply stands in an object (AgentScope 0.0.5 to 0.1.0). */
export function otherTasks(settings: DialectSettings): OtherTasks {
  return {
    asked: modelInBody,
    calls: {
      embed: wrapped(route(settings, embed)),
      rank: wrapped(rankRoute(settings)),
      classify: wrapped(route(settings, classify)),
    } satisfies Partial<Record<Task, unknown>>,
  };
}

/** What a call tells of itself holds for its own path alone. */
function wrapped<Body>({ doc: _doc, ...call }: Call<Body>): Call<Body> {
  return {
    ...call,
    paths: ['/llm'],
    run: async (input, services) => ({ data: { response: await call.run(input, services) } }),
  };
}

/** What AgentScope's post_api_embedding posts, for any task that takes texts; the reply within is OpenAI's. */
function route(settings: DialectSettings, compute: Compute): Call<Record<string, unknown>> {
  const keys = promptKeys(settings);
  const shape = {
    model: text(),
    keep_alive: keepAlive(),
    ...Object.fromEntries(keys.map((key) => [key, inputList.nullish()])),
  };
  return {
    kind: 'call',
    method: 'POST',
    paths: [],
    body: z.looseObject(shape, { error: must('a JSON object') }),
    ignored: (body) => unknownFields(body, Object.keys(shape), settings.unknownFields ?? 'refuse'),
    async run({ body, signal, note }: CallInput<Record<string, unknown>>, { models }) {
      const { key, value } = onePrompt(body, keys, isInput, 'a string or a list of strings');
      const asked = { models, name: modelInBody(body), signal, begun: (model: string) => note({ model }) };
      const { model, data, promptTokens, queueMs } = await compute(toInputs(value, key), asked);
      note({ model, promptTokens, queueMs });
      return { object: 'list', data, model, usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
    },
  };
}

/** On `/llm` an unknown field is refused unless the settings say otherwise. */
function strict(settings: DialectSettings): DialectSettings {
  return { ...settings, unknownFields: settings.unknownFields ?? 'refuse' };
}

function isInput(value: unknown): value is InputList {
  return typeof value === 'string' || Array.isArray(value);
}
