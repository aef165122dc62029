import { z } from 'zod';
import { InferenceError } from '../../contract/errors.ts';
import type { Call, DialectSettings } from '../dialect.ts';
import { absent, boolean, must, only, text } from '../fields.ts';
import { inputList, toInputs } from '../inputs.ts';
import { keepAlive } from '../keep-alive.ts';
import { judged } from '../labels.ts';
import { isGiven } from '../request.ts';
import { unknownFields } from '../unknown-fields.ts';
import { classifyReplySchema } from './reply-schemas.ts';

const classifyBody = z.looseObject(
  {
    model: text(),
    keep_alive: keepAlive(),
    input: inputList,
    use_activation: boolean().describe('Whether `probs` are probabilities; false gives logits.'),
    // its earlier name
    activation: boolean(),
    add_special_tokens: only([true], 'the tokens that the model wants around an input are always there'),
    truncate_prompt_tokens: absent('nothing is truncated'),
    priority: only([0], 'requests are served in their order'),
    // cannot change the scores
    user: text(),
  },
  { error: must('a JSON object') },
);
type ClassifyBody = z.infer<typeof classifyBody>;

const known = Object.keys(classifyBody.shape);

/** `POST /v1/classify`, as vLLM and SGLang have it. https://docs.vllm.ai/en/latest/serving/online_serving/#classification-api */
export function classifyRoute(settings: DialectSettings): Call<ClassifyBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/v1/classify', '/classify'],
    body: classifyBody,
    doc: {
      summary: 'Judge texts by the labels of a model',
      description: "With a classification model, in vLLM's form.",
      example: { input: ['I love this.', 'I want my money back.'] },
      reply: classifyReplySchema,
    },
    ignored: (body) => unknownFields(body, known, settings.unknownFields ?? 'warn'),
    async run({ body, signal, note, reply }, { models }) {
      const probabilities = wantsProbabilities(body);
      const model = await models.capable(body.model ?? undefined, 'classify');
      const { id } = model.info;
      note({ model: id });
      const inputs = toInputs(body.input, 'input').map((one) => ({ text: one }));
      const activation = probabilities ? undefined : 'none';
      const result = await model.classify({ inputs, activation }, signal);
      const { promptTokens, queueMs } = result;
      note({ model: id, promptTokens, queueMs });
      return {
        id: `classify-${reply.id}`,
        object: 'list',
        created: reply.created,
        model: id,
        data: judged(result),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens, completion_tokens: 0 },
      };
    },
  };
}

function wantsProbabilities({ use_activation: wanted, activation }: ClassifyBody): boolean {
  if (isGiven(wanted) && isGiven(activation)) {
    const message = 'activation and use_activation mean the same; give one of them.';
    throw new InferenceError('invalid_request', message, { param: 'activation' });
  }
  return wanted ?? activation ?? true;
}
