import { InferenceError } from '../../contract/errors.ts';
import type { GenerateRequest, Prompt } from '../../contract/generate.ts';
import type { DialectSettings, Generation } from '../dialect.ts';
import { toLogitBias } from '../logit-bias.ts';
import { toPrompts } from '../prompts.ts';
import { isGiven, stopList } from '../request.ts';
import { unknownFields } from '../unknown-fields.ts';
import { completionsBody } from './completions-body.ts';
import type { CompletionsBody } from './completions-body.ts';
import { completionsFrames, completionsReply } from './completions-reply.ts';
import { openaiError } from './errors.ts';
import { completionsChunkSchema, completionsReplySchema } from './reply-schemas.ts';
import { toFormat } from './response-format.ts';
import { checkMinTokens, checkStreamOptions, samplingOf } from './generation.ts';

const known = Object.keys(completionsBody.shape);
const streamOptionsKnown = Object.keys(completionsBody.shape.stream_options.unwrap().unwrap().shape);

/** OpenAI's default. */
const SILENT_MAX_TOKENS = 16;

/** `POST /v1/completions`: text after prompts. */
export function completionsRoute(settings: DialectSettings): Generation<CompletionsBody> {
  const mode = settings.unknownFields ?? 'warn';
  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/v1/completions', '/completions'],
    body: completionsBody,
    doc: {
      summary: 'Go on from prompts',
      example: { prompt: 'The capital of France is', max_tokens: 8 },
      reply: completionsReplySchema,
      frame: completionsChunkSchema,
    },
    parse: (body) => ({
      ignored: [
        ...unknownFields(body, known, mode),
        ...unknownFields(body.stream_options ?? {}, streamOptionsKnown, mode, 'stream_options.'),
      ],
      request: toRequest(body),
      stream: body.stream ?? false,
    }),
    render: (result, body, info) => completionsReply(result, body, info),
    frames: (events, body, info) => completionsFrames(events, body, info),
    errorFrame: (error) => ({ json: openaiError(error).body }),
  };
}

function toRequest(body: CompletionsBody): GenerateRequest {
  checkStreamOptions(body);
  const n = body.n ?? 1;
  const maxTokens = body.max_tokens ?? undefined;
  const minTokens = body.min_tokens ?? 0;
  checkMinTokens(minTokens, maxTokens);
  if (isGiven(body.best_of) && body.best_of !== n) {
    refuse('best_of', `best_of ${body.best_of} must equal n (${n}); completions are not ranked here, so leave it out.`);
  }
  if (maxTokens === 0 && body.echo !== true) {
    refuse('max_tokens', 'max_tokens 0 asks for nothing; set echo to true or ask for at least 1.');
  }
  if (body.echo === true && isGiven(body.logprobs)) {
    refuse('logprobs', 'logprobs cannot be told of a prompt, so they do not go with echo; leave one of them out.');
  }
  const [prompt, ...morePrompts] = promptsOf(body);
  return {
    model: body.model ?? undefined,
    prompt,
    morePrompts: morePrompts.length > 0 ? morePrompts : undefined,
    n,
    echo: body.echo ?? undefined,
    maxTokens,
    silentMaxTokens: SILENT_MAX_TOKENS,
    silentTemperature: 1,
    minTokens,
    ignoreEos: body.ignore_eos ?? false,
    sampling: samplingOf(body),
    stop: stopList(body.stop),
    format: toFormat(body),
    logitBias: toLogitBias(body.logit_bias),
    reuse: body.cache_prompt ?? undefined,
    logprobs: body.logprobs ?? undefined,
    names: {
      maxTokens: 'max_tokens',
      maxTotalTokens: 'max_tokens',
      minTokens: 'min_tokens',
      n: 'n',
      prompt: 'prompt',
      suffix: 'suffix',
      logitBias: 'logit_bias',
    },
  };
}

/** With a suffix each prompt is the beginning of what is filled in; an empty one ends nothing, so it changes nothing. */
function promptsOf(body: CompletionsBody): [Prompt, ...Prompt[]] {
  const prompts = toPrompts(body.prompt, 'prompt', { mixed: false });
  const { suffix } = body;
  if (!isGiven(suffix) || suffix === '') return prompts;
  const [first, ...more] = prompts.map((prompt): Prompt => {
    if (prompt.kind === 'text') return { kind: 'infill', prefix: prompt.text, suffix, extra: [] };
    return refuse('suffix', 'suffix goes with prompts that are strings; leave it out or send strings.');
  });
  return first === undefined ? prompts : [first, ...more];
}

function refuse(param: string, message: string): never {
  throw new InferenceError('invalid_request', message, { param });
}
