import { z } from 'zod';
import type { InferenceError } from '../contract/errors.ts';
import type { Dialect, DialectSettings, Generation } from './dialect.ts';
import { boolean, must, only } from './fields.ts';
import { hfArguments, toRequest } from './hf-arguments.ts';
import { hostedOptions, hostedTasks, unknownInHosted } from './hosted-inputs.ts';
import { modelInPath, modelParams } from './request.ts';
import { statusOf } from './status.ts';

const { model: _model, stream: _stream, ...generateArguments } = hfArguments;
const parameters = z
  .looseObject({ ...generateArguments, return_full_text: boolean() }, { error: must('an object') })
  .nullish();
const inputsError = must('a string that is not empty', 'send lists of messages to /llm/ or /v1/chat/completions');
const body = z.looseObject(
  {
    inputs: z.string({ error: inputsError }).min(1, { error: inputsError }),
    parameters,
    options: hostedOptions,
    stream: only([false], 'this path does not stream; /llm/ and /v1/chat/completions do'),
  },
  { error: must('a JSON object') },
);
type Body = z.infer<typeof body>;

/**
 * `/models/{id}`: Hugging Face's hosted inference for text generation, which the tutorial's gpt2 config speaks; for
 * text-classification and feature-extraction where that is what the model does.
 */
export function createHostedInference(settings: DialectSettings): Dialect {
  const mode = settings.unknownFields ?? 'refuse';
  const route = {
    kind: 'generation',
    method: 'POST',
    paths: ['/models/:id', '/models/:owner/:name'],
    body,
    doc: {
      summary: 'Go on from a text',
      description:
        'The text begins with the prompt, unless `return_full_text` is false. Where the model classifies texts or makes vectors, `inputs` may also be a list of texts, and the reply is that of text-classification or feature-extraction.',
      example: { inputs: 'My dog', parameters: { max_new_tokens: 8 } },
      params: modelParams,
      reply: z.array(z.object({ generated_text: z.string() })),
    },
    parse(given, params) {
      const ignored = unknownInHosted(given, parametersKnown, mode);
      const request = toRequest({ ...given.parameters, model: modelInPath(params) }, 'parameters.');
      return { request: { ...request, prompt: { kind: 'text', text: given.inputs } }, stream: false, ignored };
    },
    render(result, given) {
      const before = given.parameters?.return_full_text === false ? '' : given.inputs;
      return result.choices.map(({ text }) => ({ generated_text: before + text }));
    },
    async *frames() {
      // the schema refuses stream: true
    },
    errorFrame: (error) => ({ json: reply(error).body }),
    otherTasks: hostedTasks(settings),
  } satisfies Generation<Body>;
  const doc = {
    summary: "Hugging Face's hosted inference.",
    error: z.object({ error: z.string() }),
  };
  return { name: 'hosted-inference', prefixes: ['/models'], routes: [route], doc, error: reply };
}

const parametersKnown = Object.keys(parameters.unwrap().unwrap().shape);

function reply(error: InferenceError): { status: number; body: unknown } {
  return { status: statusOf[error.code], body: { error: error.message } };
}
