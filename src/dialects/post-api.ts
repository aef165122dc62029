import { z } from 'zod';
import type { GenerateEvent, Prompt } from '../contract/generate.ts';
import type { Dialect, DialectSettings, Frame, Generation, ReplyInfo } from './dialect.ts';
import { must, only } from './fields.ts';
import { hfArguments, toRequest } from './hf-arguments.ts';
import { keepAlive } from './keep-alive.ts';
import { messageList, toChat, unknownInMessages } from './messages.ts';
import type { WireMessage } from './messages.ts';
import { otherTasks, rankRoute, taskRoutes } from './post-api-inputs.ts';
import { notYet } from './not-yet.ts';
import { onePrompt, promptKeys } from './post-api-prompt.ts';
import { postApiReply, postApiReplySchema } from './post-api-reply.ts';
import { collectSeen } from './seen.ts';
import { plainError, plainErrorSchema } from './status.ts';
import { unknownFields } from './unknown-fields.ts';

const promptError = must('a string that is not empty, or a list of at least one message');
const prompt = z.union([z.string().min(1, { error: promptError }), messageList], { error: promptError }).nullish();

/** `/llm/`: AgentScope's post_api and post_api_chat, and the Flask services that they were written for. */
export function createPostApi(settings: DialectSettings): Dialect {
  const doc = {
    summary: "AgentScope's `post_api`, `post_api_chat` and `post_api_embedding`.",
    error: plainErrorSchema,
  };
  const text = { ...textRoute(settings), otherTasks: otherTasks(settings) };
  const images = notYet(['/llm/images'], 'Making images');
  const routes = [text, ...taskRoutes(settings), rankRoute(settings), images];
  return { name: 'post-api', prefixes: ['/llm'], routes, doc, error: plainError };
}

function textRoute(settings: DialectSettings) {
  const keys = promptKeys(settings);
  const shape = {
    ...hfArguments,
    keep_alive: keepAlive(),
    return_full_text: only([false], 'the prompt is never part of the reply'),
    ...Object.fromEntries(keys.map((key) => [key, prompt])),
  };
  const body = z.looseObject(shape, { error: must('a JSON object') });
  const mode = settings.unknownFields ?? 'refuse';

  return {
    kind: 'generation',
    method: 'POST',
    paths: ['/llm'],
    body,
    doc: {
      summary: 'Answer a text or a conversation',
      description: `The prompt stands under one of ${keys.map((key) => `\`${key}\``).join(', ')}: a string or a list of messages. \`/llm/\` is the same path.`,
      example: { inputs: 'The capital of France is', max_new_tokens: 8 },
      reply: postApiReplySchema,
      frame: z.union([z.object({ response: z.string(), index: z.int().min(0) }), postApiReplySchema]),
    },
    parse(given) {
      const { key, value } = onePrompt(given, keys, isPrompt, 'a string or a list of messages');
      const ignored = unknownFields(given, Object.keys(shape), mode);
      if (typeof value !== 'string') ignored.push(...unknownInMessages(value, key, mode));
      return {
        request: { ...toRequest(given), prompt: toPrompt(value, settings.stringPrompt) },
        stream: given.stream ?? false,
        ignored,
      };
    },
    render: (result, _body, info) => postApiReply(result, info),
    frames: (events, _body, info) => frames(events, info),
    errorFrame: (error) => ({ json: plainError(error).body }),
  } satisfies Generation<z.infer<typeof body>>;
}

type WirePrompt = string | readonly WireMessage[];

function isPrompt(value: unknown): value is WirePrompt {
  return typeof value === 'string' || Array.isArray(value);
}

function toPrompt(value: WirePrompt, stringPrompt: 'raw' | 'chat'): Prompt {
  if (typeof value !== 'string') return { kind: 'chat', messages: toChat(value) };
  if (stringPrompt === 'raw') return { kind: 'text', text: value };
  return { kind: 'chat', messages: [{ role: 'user', content: value }] };
}

/** A frame for each piece, one with the whole reply, `[DONE]`. */
async function* frames(events: AsyncIterable<GenerateEvent>, info: ReplyInfo): AsyncGenerator<Frame> {
  const seen: GenerateEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type === 'delta') yield { json: { response: event.text, index: event.index } };
  }
  yield { json: postApiReply(await collectSeen(seen), info) };
  yield { text: '[DONE]' };
}
