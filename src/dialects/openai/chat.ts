import { InferenceError } from '../../contract/errors.ts';
import type { GenerateRequest } from '../../contract/generate.ts';
import type { DialectSettings, Generation } from '../dialect.ts';
import { refuseStrayResults, toChat, unknownInMessages } from '../messages.ts';
import { isGiven, stopList, withoutUnset } from '../request.ts';
import { unknownFields } from '../unknown-fields.ts';
import { chatBody } from './chat-body.ts';
import type { ChatBody } from './chat-body.ts';
import { chatFrames, chatReply } from './chat-reply.ts';
import { openaiError } from './errors.ts';
import { toFormat } from './response-format.ts';
import { templateVariables } from './template-variables.ts';
import { toOffer, unknownInTools } from './tools.ts';

const known = Object.keys(chatBody.shape);
const streamOptionsKnown = Object.keys(chatBody.shape.stream_options.unwrap().unwrap().shape);

/** `POST /v1/chat/completions`: text and calls of tools. */
export function chatRoute(settings: DialectSettings): Generation<ChatBody> {
  const mode = settings.unknownFields ?? 'warn';
  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/v1/chat/completions'],
    body: chatBody,
    parse: (body) => ({
      ignored: [
        ...unknownFields(body, known, mode),
        ...unknownFields(body.stream_options ?? {}, streamOptionsKnown, mode, 'stream_options.'),
        ...unknownInMessages(body.messages, 'messages', mode),
        ...unknownInTools(body.tools, mode),
      ],
      request: toRequest(body),
      stream: body.stream ?? false,
    }),
    render: (result, body, info) => chatReply(result, info, body.logprobs === true),
    frames: (events, body, info) => chatFrames(events, body, info),
    errorFrame: (error) => ({ json: openaiError(error).body }),
  };
}

function toRequest(body: ChatBody): GenerateRequest {
  if (isGiven(body.stream_options) && body.stream !== true) {
    throw new InferenceError(
      'invalid_request',
      'stream_options is for streams alone; leave it out or set stream to true.',
      {
        param: 'stream_options',
      },
    );
  }
  const maxTokens = limit(body);
  const minTokens = body.min_tokens ?? 0;
  if (maxTokens !== undefined && minTokens > maxTokens) {
    const message = `min_tokens must be at most max_tokens (${maxTokens}), got ${minTokens}.`;
    throw new InferenceError('invalid_request', message, { param: 'min_tokens' });
  }
  refuseStrayResults(body.messages);
  const tools = toOffer(body);
  const variables = templateVariables(body);
  return {
    model: body.model ?? undefined,
    prompt: {
      kind: 'chat',
      messages: toChat(body.messages),
      ...(tools && { tools }),
      ...(variables && { variables }),
    },
    format: toFormat(body),
    splitReasoning: body.reasoning_format !== 'none',
    n: body.n ?? 1,
    maxTokens,
    silentTemperature: 1,
    minTokens,
    ignoreEos: body.ignore_eos ?? false,
    sampling: withoutUnset({
      temperature: body.temperature,
      topP: body.top_p,
      // vLLM's spelling of all tokens is -1
      topK: body.top_k === -1 ? 0 : body.top_k,
      minP: body.min_p,
      repetitionPenalty: body.repetition_penalty,
      frequencyPenalty: body.frequency_penalty,
      presencePenalty: body.presence_penalty,
      seed: body.seed,
    }),
    stop: stopList(body.stop),
    logprobs: topLogprobs(body),
    names: {
      maxTokens: isGiven(body.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens',
      maxTotalTokens: 'max_tokens',
      minTokens: 'min_tokens',
      n: 'n',
    },
  };
}

/** @returns undefined where none are wanted */
function topLogprobs({ logprobs, top_logprobs: top }: ChatBody): number | undefined {
  if (logprobs === true) return top ?? 0;
  // 0 without logprobs asks for nothing.
  if (!isGiven(top) || top === 0) return undefined;
  const message = `top_logprobs ${top} needs logprobs; set logprobs to true or leave top_logprobs out.`;
  throw new InferenceError('invalid_request', message, { param: 'top_logprobs' });
}

function limit({ max_tokens: old, max_completion_tokens: current }: ChatBody): number | undefined {
  if (isGiven(old) && isGiven(current) && old !== current) {
    const message = `max_tokens (${old}) and max_completion_tokens (${current}) mean the same; give one of them.`;
    throw new InferenceError('invalid_request', message, { param: 'max_completion_tokens' });
  }
  return current ?? old ?? undefined;
}
