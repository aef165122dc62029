import { z } from 'zod';
import type { ClassifyInput } from '../../contract/classify.ts';
import type { Call, DialectSettings } from '../dialect.ts';
import { boolean, must, only, text } from '../fields.ts';
import { keepAlive } from '../keep-alive.ts';
import { scoredLabels, scoredLabelsSchema } from '../labels.ts';
import { unknownFields } from '../unknown-fields.ts';

/** Inputs of a request. */
const MOST = 2048;

const filledError = must('a string that is not empty');
const filled = z.string({ error: filledError }).min(1, { error: filledError });
const oneError = must('a string that is not empty, or a list of one or two of them');
const one = z.array(filled, { error: oneError }).min(1, { error: oneError }).max(2, { error: oneError });
const inputsError = must('a string, a list of one or two strings (a text or a pair), or a list of such lists');
/** One union for all elements: a union of lists would blame an element of one for what is wrong in the other. */
const list = z
  .array(z.union([filled, one], { error: oneError }), { error: inputsError })
  .min(1, { error: inputsError })
  .max(MOST, { error: () => `must have at most ${MOST} inputs` })
  .refine((inputs) => inputs.every(isText) || !inputs.some(isText), {
    error: () => 'mixes strings with lists; put each text or pair into a list of its own',
  })
  .refine((inputs) => !inputs.every(isText) || inputs.length <= 2, {
    error: () => 'has more than two strings, a pair; put each text into a list of its own: [["a"], ["b"], ["c"]]',
  });
const inputs = z.union([filled, list], { error: inputsError });

const predictBody = z.looseObject(
  {
    model: text(),
    keep_alive: keepAlive(),
    inputs,
    raw_scores: boolean().describe('True gives logits.'),
    truncate: only([false], 'nothing is truncated'),
  },
  { error: must('a JSON object') },
);
type PredictBody = z.infer<typeof predictBody>;

const known = Object.keys(predictBody.shape);

/**
 * `POST /predict`, as Text Embeddings Inference has it: two strings in one list are a pair, and a list of lists a batch.
 * https://huggingface.github.io/text-embeddings-inference/#/Text%20Embeddings%20Inference/predict
 */
export function predictRoute(settings: DialectSettings): Call<PredictBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/predict'],
    body: predictBody,
    doc: {
      summary: 'Judge texts, or pairs of texts, by the labels of a model',
      description: "With a classification model, in Text Embeddings Inference's form.",
      example: { inputs: [['I love this.'], ['A man sleeps.', 'Somebody is asleep.']] },
      reply: z.union([scoredLabelsSchema, z.array(scoredLabelsSchema)]),
    },
    ignored: (body) => unknownFields(body, known, settings.unknownFields ?? 'warn'),
    async run({ body, signal, note }, { models }) {
      const model = await models.capable(body.model ?? undefined, 'classify');
      const { id } = model.info;
      note({ model: id });
      const { batch, texts } = classifyInputs(body.inputs);
      const activation = body.raw_scores === true ? 'none' : undefined;
      const result = await model.classify({ inputs: texts, activation }, signal);
      note({ model: id, promptTokens: result.promptTokens, queueMs: result.queueMs });
      const scored = scoredLabels(result);
      return batch ? scored : scored[0];
    },
  };
}

function classifyInputs(given: PredictBody['inputs']): { batch: boolean; texts: ClassifyInput[] } {
  if (typeof given === 'string') return { batch: false, texts: [{ text: { content: given, name: 'inputs' } }] };
  // The schema lets a list hold strings alone or none.
  const whole = given.filter(isText);
  if (whole.length > 0) return { batch: false, texts: [joined(whole, 'inputs')] };
  return { batch: true, texts: given.flatMap((input, at) => (isText(input) ? [] : [joined(input, `inputs[${at}]`)])) };
}

function isText(input: unknown): input is string {
  return typeof input === 'string';
}

function joined([first = '', pair]: readonly string[], name: string): ClassifyInput {
  const input = { content: first, name: `${name}[0]` };
  return pair === undefined ? { text: input } : { text: input, pair: { content: pair, name: `${name}[1]` } };
}
