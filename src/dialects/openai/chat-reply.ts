import type {
  Choice,
  FinishReason,
  GenerateEvent,
  GenerateResult,
  TokenLogprob,
  ToolCallPiece,
} from '../../contract/generate.ts';
import type { Frame, ReplyInfo } from '../dialect.ts';
import { wireTimings } from '../timings.ts';
import type { ChatBody } from './chat-body.ts';
import { LastChunk } from './last-chunk.ts';
import { wireLogprobs } from './logprobs.ts';
import { wireUsage } from './usage.ts';

const FINGERPRINT = 'fp_hearth';

/** The `chat.completion` object. @param told whether log probabilities were asked for */
export function chatReply(result: GenerateResult, info: ReplyInfo, told = false): object {
  return {
    ...head('chat.completion', info),
    choices: result.choices.map((choice, index) => ({
      index,
      message: wireMessage(choice),
      logprobs: told ? wireLogprobs(choice.logprobs ?? []) : null,
      finish_reason: choice.finishReason,
    })),
    usage: wireUsage(result.usage, info),
    timings: wireTimings(result.usage, result.timings),
  };
}

/** `reasoning_content` is DeepSeek's extension, which vLLM and llama-server speak. */
function wireMessage({ text, reasoning, toolCalls = [] }: Choice): object {
  const calls = toolCalls.map(({ id, ...call }) => ({ id, type: 'function', function: call }));
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    refusal: null,
  };
}

/**
 * The chunks of a stream: the role for each choice, pieces, finish reasons, `[DONE]`; with include_usage
 * `usage: null` on each and one more that has the usage and no choices. The last chunk has the timings.
 */
export async function* chatFrames(
  events: AsyncIterable<GenerateEvent>,
  body: ChatBody,
  info: ReplyInfo,
): AsyncGenerator<Frame> {
  const usage = body.stream_options?.include_usage === true;
  const common = head('chat.completion.chunk', info);
  const chunk = (
    index: number,
    delta: object,
    finishReason: FinishReason | null = null,
    logprobs?: readonly TokenLogprob[],
  ): object => ({
    ...common,
    choices: [{ index, delta, logprobs: logprobs ? wireLogprobs(logprobs) : null, finish_reason: finishReason }],
    ...(usage ? { usage: null } : {}),
  });
  const last = new LastChunk();
  for await (const event of events) {
    yield* last.release(event);
    switch (event.type) {
      case 'start':
        for (let index = 0; index < (body.n ?? 1); index++) {
          yield { json: chunk(index, { role: 'assistant', content: null }) };
        }
        break;
      case 'delta':
        yield { json: chunk(event.index, { content: event.text }, null, event.logprobs) };
        break;
      case 'reasoning':
        yield { json: chunk(event.index, { reasoning_content: event.text }) };
        break;
      case 'tool_call':
        yield { json: chunk(event.index, { tool_calls: [wireCallPiece(event)] }) };
        break;
      case 'finish':
        last.hold(chunk(event.index, {}, event.reason));
        break;
      case 'done':
        yield* last.end(event, usage ? { ...common, choices: [], usage: wireUsage(event.usage, info) } : undefined);
    }
  }
  yield { text: '[DONE]' };
}

/** The first piece of a call has its id, type and name; the arguments follow. */
function wireCallPiece({ call, id, name, argumentsDelta = '' }: ToolCallPiece): object {
  if (name === undefined) return { index: call, function: { arguments: argumentsDelta } };
  return { index: call, id, type: 'function', function: { name, arguments: argumentsDelta } };
}

function head(object: string, info: ReplyInfo) {
  return {
    id: `chatcmpl-${info.requestId}`,
    object,
    created: info.created,
    model: info.model,
    system_fingerprint: FINGERPRINT,
  };
}
