import type { FinishReason, GenerateEvent, GenerateResult, TokenLogprob } from '../../contract/generate.ts';
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
    choices: result.choices.map(({ text, finishReason, logprobs }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: told ? wireLogprobs(logprobs ?? []) : null,
      finish_reason: finishReason,
    })),
    usage: wireUsage(result.usage, info),
    timings: wireTimings(result.usage, result.timings),
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
      case 'finish':
        last.hold(chunk(event.index, {}, event.reason));
        break;
      case 'done':
        yield* last.end(event, usage ? { ...common, choices: [], usage: wireUsage(event.usage, info) } : undefined);
    }
  }
  yield { text: '[DONE]' };
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
