import { z } from 'zod';
import type { TextInput } from '../contract/input.ts';
import type { Call, DialectSettings, OtherTasks } from './dialect.ts';
import { boolean, integer, must, only } from './fields.ts';
import { scoredLabels } from './labels.ts';
import { modelInPath } from './request.ts';
import { unknownFields } from './unknown-fields.ts';
import { toNumbers } from './vectors.ts';

/** Inputs of a request. */
const MOST = 2048;

const filledError = must('a string that is not empty');
const filled = z.string({ error: filledError }).min(1, { error: filledError });
const inputsError = must(`a string that is not empty, or a list of 1 to ${MOST} such strings`);
const texts = z.union(
  [filled, z.array(filled, { error: inputsError }).min(1, { error: inputsError }).max(MOST, { error: inputsError })],
  { error: inputsError },
);

const functions = ['softmax', 'sigmoid', 'none'] as const;
const activation = z.enum(functions, { error: must(functions.map((name) => `"${name}"`).join(', ')) }).nullish();
const classifyParameters = { function_to_apply: activation, top_k: integer(1, Infinity) };
const embedParameters = {
  normalize: only([true], 'vectors always have length 1'),
  truncate: only([false], 'nothing is truncated'),
};

/** What says how the service is to go about it; nothing of it matters here. */
export const hostedOptions = z
  .looseObject({ use_cache: boolean(), wait_for_model: boolean(), use_gpu: boolean() }, { error: must('an object') })
  .nullish();

function bodyOf<Shape extends z.ZodRawShape>(parameters: Shape) {
  const given = z.looseObject(parameters, { error: must('an object') }).nullish();
  const stream = only([false], 'there is nothing to stream');
  const shape = { inputs: texts, parameters: given, options: hostedOptions, stream };
  return z.looseObject(shape, { error: must('a JSON object') });
}

const classifyBody = bodyOf(classifyParameters);
const embedBody = bodyOf(embedParameters);

/**
 * Hosted inference's text-classification and feature-extraction, at the paths of its text generation.
 * https://huggingface.co/docs/inference-providers/tasks/text-classification
 */
export function hostedTasks(settings: DialectSettings): OtherTasks {
  const mode = settings.unknownFields ?? 'refuse';
  const common = { kind: 'call', method: 'POST', paths: [] } as const;
  const classify: Call<z.infer<typeof classifyBody>> = {
    ...common,
    body: classifyBody,
    ignored: (body) => unknownInHosted(body, Object.keys(classifyParameters), mode),
    async run({ body, params, signal, note }, { models }) {
      const model = await models.capable(modelInPath(params), 'classify');
      const { id } = model.info;
      note({ model: id });
      const { function_to_apply: wanted, top_k: most } = body.parameters ?? {};
      const inputs = textsOf(body.inputs).map((text) => ({ text }));
      const result = await model.classify({ inputs, activation: wanted ?? undefined }, signal);
      note({ model: id, promptTokens: result.promptTokens, queueMs: result.queueMs });
      // One text too is answered in a list.
      return scoredLabels(result, most ?? undefined);
    },
  };
  const embed: Call<z.infer<typeof embedBody>> = {
    ...common,
    body: embedBody,
    ignored: (body) => unknownInHosted(body, Object.keys(embedParameters), mode),
    async run({ body, params, signal, note }, { models }) {
      const model = await models.capable(modelInPath(params), 'embed');
      const { id } = model.info;
      note({ model: id });
      const request = { inputs: textsOf(body.inputs), names: { dimensions: 'dimensions' } };
      const { vectors, promptTokens, queueMs } = await model.embed(request, signal);
      note({ model: id, promptTokens, queueMs });
      const written = vectors.map(toNumbers);
      return typeof body.inputs === 'string' ? written[0] : written;
    },
  };
  return { asked: (_body, params) => modelInPath(params), calls: { classify, embed } };
}

/** The names of unknown fields of a body and what it holds. @throws InferenceError invalid_request, as `unknownFields` */
export function unknownInHosted(
  body: { parameters?: object | null | undefined; options?: object | null | undefined },
  parameters: readonly string[],
  mode: 'refuse' | 'warn',
): string[] {
  return [
    ...unknownFields(body, ['inputs', 'parameters', 'options', 'stream'], mode),
    ...unknownFields(body.parameters ?? {}, parameters, mode, 'parameters.'),
    ...unknownFields(body.options ?? {}, optionsKnown, mode, 'options.'),
  ];
}

const optionsKnown = Object.keys(hostedOptions.unwrap().unwrap().shape);

function textsOf(inputs: z.infer<typeof texts>): TextInput[] {
  if (typeof inputs === 'string') return [{ content: inputs, name: 'inputs' }];
  return inputs.map((content, index) => ({ content, name: `inputs[${index}]` }));
}
