import { z } from 'zod';
import type { Call, DialectSettings, Generation } from '../../dialect.ts';
import { textModel } from '../../text-service.ts';
import { responsesBody } from './body.ts';
import type { ResponsesBody } from './body.ts';
import { conversationOf, storedText } from './conversation.ts';
import { failedFrame, responseFrames, responseReply } from './reply.ts';
import { responseEventSchema, responseSchema } from './reply-schemas.ts';
import { toPrompt, toRequest } from './request.ts';
import { unknownInResponses } from './unknown.ts';

/** `POST /v1/responses`: text and calls of tools, kept unless `store` is false. */
export function responsesRoute(settings: DialectSettings): Generation<ResponsesBody> {
  const mode = settings.unknownFields ?? 'warn';
  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/v1/responses', '/responses'],
    body: responsesBody,
    doc: {
      summary: 'Answer, and keep the answer',
      description: 'A stream has an `event:` line with the type of each event, and no `[DONE]`.',
      example: { input: 'Say hello.', max_output_tokens: 16 },
      reply: responseSchema,
      frame: responseEventSchema,
    },
    parse: (body, _params, stored) => {
      const ignored = unknownInResponses(body, mode);
      const conversation = conversationOf(body, stored);
      return {
        ignored,
        request: toRequest(body, conversation),
        stream: body.stream ?? false,
        ...(body.store !== false && {
          keep: (result, info) => storedText(responseReply(result, body, info), conversation, info),
        }),
      };
    },
    render: responseReply,
    frames: responseFrames,
    errorFrame: failedFrame,
  };
}

/** `POST /v1/responses/input_tokens`: how many tokens the prompt of such a request has. */
export function responseTokensRoute(settings: DialectSettings): Call<ResponsesBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/v1/responses/input_tokens', '/responses/input_tokens'],
    body: responsesBody,
    doc: {
      summary: 'Count the tokens of a prompt',
      description: 'The body is that of `/v1/responses`; nothing is generated.',
      example: { input: 'Say hello.' },
      reply: z.object({ object: z.literal('response.input_tokens'), input_tokens: z.int().min(0) }),
    },
    ignored: (body) => unknownInResponses(body, settings.unknownFields ?? 'warn'),
    async run({ body, signal }, { models, responses }) {
      const { text } = await textModel(models, body.model);
      const prompt = toPrompt(body, conversationOf(body, responses));
      return { object: 'response.input_tokens', input_tokens: await text.count(prompt, signal) };
    },
  };
}
