import { InferenceError } from '../../contract/errors.ts';
import type { GenerateRequest, OutputFormat } from '../../contract/generate.ts';
import { toNativeLogitBias } from '../logit-bias.ts';
import { isGiven, stopList } from '../request.ts';
import { samplingOf, silentSampling, silentTemperature } from './sampling-body.ts';
import type { SamplingBody } from './sampling-body.ts';

/** Everything of a request but its prompts. @throws InferenceError invalid_request for fields that contradict each other */
export function toRequest(body: SamplingBody): Omit<GenerateRequest, 'prompt'> {
  const limit = alias(body, 'n_predict', 'max_tokens');
  const n = alias(body, 'n_cmpl', 'n');
  const unlimited = isGiven(limit) && limit < 0;
  const nProbs = body.n_probs ?? 0;
  return {
    model: body.model ?? undefined,
    n: n ?? 1,
    maxTokens: unlimited ? undefined : limit,
    // As much as fits, whatever the server's own default is.
    maxTotalTokens: unlimited ? Infinity : undefined,
    silentTemperature,
    silentSampling,
    minTokens: 0,
    ignoreEos: body.ignore_eos ?? false,
    sampling: samplingOf(body),
    format: toFormat(body),
    stop: stopList(body.stop).filter((one) => one !== ''),
    logitBias: toNativeLogitBias(body.logit_bias),
    reuse: body.cache_prompt ?? undefined,
    // A stream tells them in any case, as llama-server's does.
    tokenIds: body.return_tokens === true || body.stream === true,
    logprobs: nProbs > 0 ? nProbs : undefined,
    names: {
      maxTokens: isGiven(body.n_predict) ? 'n_predict' : 'max_tokens',
      maxTotalTokens: 'n_predict',
      minTokens: 'min_tokens',
      n: isGiven(body.n) ? 'n' : 'n_cmpl',
      prompt: 'prompt',
      suffix: 'input_suffix',
      logitBias: 'logit_bias',
    },
  };
}

/** @throws InferenceError invalid_request where both are given */
function toFormat({ grammar, json_schema: schema }: SamplingBody): OutputFormat | undefined {
  const gbnf = grammar === '' ? undefined : (grammar ?? undefined);
  if (gbnf !== undefined && isGiven(schema)) {
    const message = 'grammar and json_schema both say what the answer is; give one of them.';
    throw new InferenceError('invalid_request', message, { param: 'json_schema' });
  }
  if (isGiven(schema)) return { kind: 'schema', schema, param: 'json_schema' };
  return gbnf === undefined ? undefined : { kind: 'grammar', gbnf, param: 'grammar' };
}

function alias(body: SamplingBody, name: 'n_predict' | 'n_cmpl', other: 'max_tokens' | 'n'): number | undefined {
  const [value, second] = [body[name], body[other]];
  if (isGiven(value) && isGiven(second) && value !== second) {
    const message = `${name} (${value}) and ${other} (${second}) mean the same; give one of them.`;
    throw new InferenceError('invalid_request', message, { param: other });
  }
  return value ?? second ?? undefined;
}
