import { z } from 'zod';
import type { Call, DialectSettings } from '../dialect.ts';
import { chatBody } from '../openai/chat-body.ts';
import type { ChatBody } from '../openai/chat-body.ts';
import { toRequest, unknownInChat } from '../openai/chat.ts';
import { textModel } from '../text-service.ts';

/** `POST /apply-template`: the prompt that a chat request becomes; the body is that of `/v1/chat/completions`. */
export function applyTemplateRoute(settings: DialectSettings): Call<ChatBody> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/apply-template'],
    body: chatBody,
    doc: {
      summary: 'The prompt that a conversation becomes',
      description: 'The body is that of `/v1/chat/completions`; nothing is generated.',
      example: { messages: [{ role: 'user', content: 'Say hello.' }] },
      reply: z.object({ prompt: z.string() }),
    },
    ignored: (body) => unknownInChat(body, settings.unknownFields ?? 'warn'),
    run: async ({ body }, { models }) => ({
      prompt: (await textModel(models, body.model)).text.render(toRequest(body).prompt),
    }),
  };
}
