import { z } from 'zod';
import type { Call, DialectSettings } from '../dialect.ts';
import { textModel } from '../text-service.ts';
import { chatBody } from './chat-body.ts';
import type { ChatBody } from './chat-body.ts';
import { toRequest, unknownInChat } from './chat.ts';

/** `POST /v1/chat/completions/input_tokens`: how many tokens the prompt of a chat request has; llama-server's extension. */
export function inputTokensRoute(settings: DialectSettings): Call<ChatBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/v1/chat/completions/input_tokens', '/chat/completions/input_tokens'],
    body: chatBody,
    doc: {
      summary: 'Count the tokens of a conversation',
      description: 'The body is that of `/v1/chat/completions`; nothing is generated.',
      example: { messages: [{ role: 'user', content: 'Say hello.' }] },
      reply: z.object({ object: z.literal('response.input_tokens'), input_tokens: z.int().min(0) }),
    },
    ignored: (body) => unknownInChat(body, settings.unknownFields ?? 'warn'),
    async run({ body, signal }, { models }) {
      const { text } = await textModel(models, body.model);
      return { object: 'response.input_tokens', input_tokens: await text.count(toRequest(body).prompt, signal) };
    },
  };
}
