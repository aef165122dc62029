import { InferenceError } from '../../contract/errors.ts';
import type { Sampling } from '../../contract/generate.ts';
import { isGiven, withoutUnset } from '../request.ts';
import type { ChatBody } from './chat-body.ts';

type SamplingFields = Pick<
  ChatBody,
  'temperature' | 'top_p' | 'top_k' | 'min_p' | 'repetition_penalty' | 'frequency_penalty' | 'presence_penalty' | 'seed'
>;

/** The sampling fields that chat and completions share. */
export function samplingOf(body: SamplingFields): Partial<Sampling> {
  return withoutUnset({
    temperature: body.temperature,
    topP: body.top_p,
    // vLLM's spelling of all tokens is -1
    topK: body.top_k === -1 ? 0 : body.top_k,
    minP: body.min_p,
    repetitionPenalty: body.repetition_penalty,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    seed: body.seed,
  });
}

/** @throws InferenceError invalid_request for stream options without a stream */
export function checkStreamOptions(body: Pick<ChatBody, 'stream' | 'stream_options'>): void {
  if (!isGiven(body.stream_options) || body.stream === true) return;
  const message = 'stream_options is for streams alone; leave it out or set stream to true.';
  throw new InferenceError('invalid_request', message, { param: 'stream_options' });
}

/** @throws InferenceError invalid_request for more tokens at least than at most */
export function checkMinTokens(minTokens: number, maxTokens: number | undefined): void {
  if (maxTokens === undefined || minTokens <= maxTokens) return;
  const message = `min_tokens must be at most max_tokens (${maxTokens}), got ${minTokens}.`;
  throw new InferenceError('invalid_request', message, { param: 'min_tokens' });
}
