import { InferenceError } from '../../../contract/errors.ts';
import type { ChatPrompt, GenerateRequest } from '../../../contract/generate.ts';
import { isGiven } from '../../request.ts';
import { checkStreamOptions, samplingOf } from '../generation.ts';
import { templateVariables } from '../template-variables.ts';
import type { ResponsesBody } from './body.ts';
import type { Item } from './items.ts';
import { toMessages } from './messages.ts';
import { textFormat } from './text-format.ts';
import { flatOffer } from './tools.ts';

/** @param conversation what the body is about. @throws InferenceError invalid_request for fields that contradict each other */
export function toRequest(body: ResponsesBody, conversation: readonly Item[]): GenerateRequest {
  checkStreamOptions(body);
  return {
    model: body.model ?? undefined,
    prompt: toPrompt(body, conversation),
    format: textFormat(body.text),
    splitReasoning: true,
    n: 1,
    maxTokens: body.max_output_tokens ?? undefined,
    silentTemperature: 1,
    minTokens: 0,
    ignoreEos: false,
    sampling: samplingOf(body),
    stop: [],
    reuse: body.cache_prompt ?? undefined,
    logprobs: topLogprobs(body),
    names: { maxTokens: 'max_output_tokens', maxTotalTokens: 'max_output_tokens', minTokens: 'min_tokens', n: 'n' },
  };
}

/** Instructions come first, and are those of this body alone. @throws InferenceError invalid_request */
export function toPrompt(body: ResponsesBody, conversation: readonly Item[]): ChatPrompt {
  const { instructions } = body;
  const messages = toMessages(conversation);
  const tools = flatOffer(body);
  const variables = templateVariables({ ...body, reasoning_effort: body.reasoning?.effort });
  return {
    kind: 'chat',
    messages: isGiven(instructions) ? [{ role: 'system', content: instructions }, ...messages] : messages,
    ...(tools && { tools }),
    ...(variables && { variables }),
  };
}

/** @returns undefined where none are wanted */
function topLogprobs({ include, top_logprobs: top }: ResponsesBody): number | undefined {
  if (include?.includes('message.output_text.logprobs') === true) return top ?? 0;
  if (!isGiven(top) || top === 0) return undefined;
  const message = `top_logprobs ${top} needs "message.output_text.logprobs" in include; add it, or leave top_logprobs out.`;
  throw new InferenceError('invalid_request', message, { param: 'top_logprobs' });
}
