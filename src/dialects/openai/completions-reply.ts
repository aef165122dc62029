import type { FinishReason, GenerateEvent, GenerateResult } from '../../contract/generate.ts';
import type { Frame, ReplyInfo } from '../dialect.ts';
import { isGiven } from '../request.ts';
import { wireTimings } from '../timings.ts';
import type { CompletionsBody } from './completions-body.ts';
import { LastChunk } from './last-chunk.ts';
import { LegacyLogprobs } from './legacy-logprobs.ts';
import { wireUsage } from './usage.ts';

/** The `text_completion` object. */
export function completionsReply(result: GenerateResult, body: CompletionsBody, info: ReplyInfo): object {
  return {
    ...head(info),
    choices: result.choices.map(({ text, finishReason, logprobs = [] }, index) => ({
      text,
      index,
      logprobs: isGiven(body.logprobs) ? new LegacyLogprobs().next(logprobs) : null,
      finish_reason: finishReason,
    })),
    usage: wireUsage(result.usage, info),
    timings: wireTimings(result.usage, result.timings),
  };
}

/** The chunks of a stream: pieces, finish reasons, `[DONE]`; usage and timings as in chat. */
export async function* completionsFrames(
  events: AsyncIterable<GenerateEvent>,
  body: CompletionsBody,
  info: ReplyInfo,
): AsyncGenerator<Frame> {
  const usage = body.stream_options?.include_usage === true;
  const common = head(info);
  const chunk = (index: number, text: string, finishReason: FinishReason | null, logprobs: object | null): object => ({
    ...common,
    choices: [{ text, index, logprobs, finish_reason: finishReason }],
    ...(usage ? { usage: null } : {}),
  });
  const told = new Map<number, LegacyLogprobs>();
  const last = new LastChunk();
  for await (const event of events) {
    yield* last.release(event);
    switch (event.type) {
      case 'start':
      // Only chat asks for these.
      case 'reasoning':
      case 'tool_call':
        break;
      case 'delta': {
        const { index, text, logprobs } = event;
        const legacy = told.get(index) ?? new LegacyLogprobs();
        told.set(index, legacy);
        yield { json: chunk(index, text, null, logprobs ? legacy.next(logprobs) : null) };
        break;
      }
      case 'finish':
        last.hold(chunk(event.index, '', event.reason, null));
        break;
      case 'done':
        yield* last.end(event, usage ? { ...common, choices: [], usage: wireUsage(event.usage, info) } : undefined);
    }
  }
  yield { text: '[DONE]' };
}

function head(info: ReplyInfo) {
  return {
    id: `cmpl-${info.requestId}`,
    object: 'text_completion',
    created: info.created,
    model: info.model,
    system_fingerprint: 'fp_hearth',
  };
}
