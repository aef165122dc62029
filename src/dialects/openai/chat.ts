import { InferenceError } from '../../contract/errors.ts';
import type { GenerateRequest } from '../../contract/generate.ts';
import type { DialectSettings, Generation } from '../dialect.ts';
import { toLogitBias } from '../logit-bias.ts';
import { refuseStrayResults, toChat, unknownInMessages } from '../messages.ts';
import { isGiven, stopList } from '../request.ts';
import { unknownFields } from '../unknown-fields.ts';
import { chatBody } from './chat-body.ts';
import type { ChatBody } from './chat-body.ts';
import { chatFrames, chatReply } from './chat-reply.ts';
import { openaiError } from './errors.ts';
import { chatChunkSchema, chatReplySchema } from './reply-schemas.ts';
import { checkMinTokens, checkStreamOptions, samplingOf } from './generation.ts';
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
    paths: ['/v1/chat/completions', '/chat/completions'],
    body: chatBody,
    doc: {
      summary: 'Answer a conversation',
      example: { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 16 },
      reply: chatReplySchema,
      frame: chatChunkSchema,
    },
    parse: (body) => ({
      ignored: unknownInChat(body, mode),
      request: toRequest(body),
      stream: body.stream ?? false,
    }),
    render: (result, body, info) => chatReply(result, info, body.logprobs === true),
    frames: (events, body, info) => chatFrames(events, body, info),
    errorFrame: (error) => ({ json: openaiError(error).body }),
  };
}

/** The fields of a chat body that nobody knows. @throws as `unknownFields` */
export function unknownInChat(body: ChatBody, mode: 'refuse' | 'warn'): string[] {
  return [
    ...unknownFields(body, known, mode),
    ...unknownFields(body.stream_options ?? {}, streamOptionsKnown, mode, 'stream_options.'),
    ...unknownInMessages(body.messages, 'messages', mode),
    ...unknownInTools(body.tools, mode),
  ];
}

/** @throws InferenceError invalid_request for fields that contradict each other */
export function toRequest(body: ChatBody): GenerateRequest {
  checkStreamOptions(body);
  const maxTokens = limit(body);
  const minTokens = body.min_tokens ?? 0;
  checkMinTokens(minTokens, maxTokens);
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
    sampling: samplingOf(body),
    stop: stopList(body.stop),
    logitBias: toLogitBias(body.logit_bias),
    reuse: body.cache_prompt ?? undefined,
    logprobs: topLogprobs(body),
    names: {
      maxTokens: isGiven(body.max_completion_tokens) ? 'max_completion_tokens' : 'max_tokens',
      maxTotalTokens: 'max_tokens',
      minTokens: 'min_tokens',
      n: 'n',
      logitBias: 'logit_bias',
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
