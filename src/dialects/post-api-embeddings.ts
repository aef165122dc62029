import { z } from 'zod';
import type { Call, DialectSettings } from './dialect.ts';
import { must, text } from './fields.ts';
import { inputList, toInputs, type InputList } from './inputs.ts';
import { onePrompt, promptKeys } from './post-api-prompt.ts';
import { unknownFields } from './unknown-fields.ts';
import { toNumbers } from './vectors.ts';

const doc = {
  summary: "Make vectors of texts, for AgentScope's `post_api_embedding`",
  example: { inputs: ['A text.'] },
  reply: z.object({
    object: z.literal('list'),
    data: z.array(z.object({ object: z.literal('embedding'), index: z.int(), embedding: z.array(z.number()) })),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  }),
};

/** Whose `data` is an array (AgentScope 0.1.1 on). */
export function embeddingsRoute(settings: DialectSettings): Call<Record<string, unknown>> {
  return { ...route(settings, '/llm/embeddings', (reply) => reply), doc };
}

/** `/llm` itself where the model makes vectors: `data` is an object (AgentScope 0.0.5 to 0.1.0). */
export function vectorsRoute(settings: DialectSettings): Call<Record<string, unknown>> {
  return route(settings, '/llm', (reply) => ({ data: { response: reply } }));
}

/** What AgentScope's post_api_embedding posts; the reply within is OpenAI's. */
function route(
  settings: DialectSettings,
  path: string,
  wrapped: (reply: object) => object,
): Call<Record<string, unknown>> {
  const keys = promptKeys(settings);
  const shape = { model: text(), ...Object.fromEntries(keys.map((key) => [key, inputList.nullish()])) };
  return {
    kind: 'call',
    method: 'POST',
    paths: [path],
    body: z.looseObject(shape, { error: must('a JSON object') }),
    ignored: (body) => unknownFields(body, Object.keys(shape), settings.unknownFields ?? 'refuse'),
    async run({ body, signal, note }, { models }) {
      const { key, value } = onePrompt(body, keys, isInput, 'a string or a list of strings');
      const name = typeof body['model'] === 'string' ? body['model'] : undefined;
      const model = models.capable(name, 'embed');
      const { id } = model.info;
      note({ model: id });
      // `dimensions` is no field here.
      const request = { inputs: toInputs(value, key), names: { dimensions: 'dimensions' } };
      const { vectors, promptTokens, queueMs } = await model.embed(request, signal);
      note({ model: id, promptTokens, queueMs });
      const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: toNumbers(vector) }));
      const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
      return wrapped({ object: 'list', data, model: id, usage });
    },
  };
}

function isInput(value: unknown): value is InputList {
  return typeof value === 'string' || Array.isArray(value);
}
