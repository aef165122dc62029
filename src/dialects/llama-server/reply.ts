import type { Choice, GenerateEvent, GenerateResult, Share } from '../../contract/generate.ts';
import type { Frame, ReplyInfo } from '../dialect.ts';
import { wireTimings } from '../timings.ts';
import { probabilities } from './probabilities.ts';
import type { SamplingBody } from './sampling-body.ts';

type Finish = Extract<GenerateEvent, { type: 'finish' }>;

/** One object for one completion, a list for several; fields as llama-server's README names them. */
export function completionReply(result: GenerateResult, body: SamplingBody, info: ReplyInfo): unknown {
  const replies = result.choices.map((choice, index) => {
    const reply = {
      ...finalReply(index, choice.text, choice.ids ?? [], choice, choice.share ?? result, info),
      ...(choice.logprobs && { completion_probabilities: probabilities(choice.logprobs) }),
    };
    return picked(reply, body.response_fields);
  });
  return replies.length === 1 ? replies[0] : replies;
}

/** The frames of a stream: pieces with `stop: false`, one last frame for each completion; no `[DONE]`. */
export async function* completionFrames(
  events: AsyncIterable<GenerateEvent>,
  body: SamplingBody,
  info: ReplyInfo,
): AsyncGenerator<Frame> {
  const predicted = new Map<number, number>();
  const withNewLine = new Set<number>();
  const untold: Finish[] = [];
  for await (const event of events) {
    switch (event.type) {
      case 'start':
      // Only chat asks for these.
      case 'reasoning':
      case 'tool_call':
        break;
      case 'delta': {
        const { index, text, ids = [], logprobs } = event;
        const count = (predicted.get(index) ?? 0) + ids.length;
        predicted.set(index, count);
        if (text.includes('\n')) withNewLine.add(index);
        yield {
          json: {
            index,
            content: text,
            tokens: ids,
            stop: false,
            tokens_predicted: count,
            ...(logprobs && { completion_probabilities: probabilities(logprobs) }),
          },
        };
        break;
      }
      case 'finish':
        if (event.share) yield lastFrame(event, event.share, withNewLine.has(event.index), body, info);
        else untold.push(event);
        break;
      case 'done':
        for (const finish of untold) yield lastFrame(finish, event, withNewLine.has(finish.index), body, info);
    }
  }
}

function lastFrame(
  { index, ids = [], reason, stopString }: Finish,
  share: Share,
  hasNewLine: boolean,
  body: SamplingBody,
  info: ReplyInfo,
): Frame {
  const reply = finalReply(index, '', ids, { finishReason: reason, stopString }, share, info);
  return { json: picked({ ...reply, has_new_line: hasNewLine }, body.response_fields) };
}

function finalReply(
  index: number,
  content: string,
  tokens: readonly number[],
  { finishReason, stopString }: Pick<Choice, 'finishReason' | 'stopString'>,
  { usage, timings }: Share,
  info: ReplyInfo,
): Record<string, unknown> {
  return {
    index,
    content,
    tokens,
    stop: true,
    model: info.model,
    tokens_predicted: usage.completionTokens,
    tokens_evaluated: usage.promptTokens,
    tokens_cached: usage.cachedTokens,
    has_new_line: content.includes('\n'),
    truncated: false,
    stop_type: stopString !== undefined ? 'word' : finishReason === 'length' ? 'limit' : 'eos',
    stopping_word: stopString ?? '',
    timings: wireTimings(usage, timings),
  };
}

/** `response_fields`: the named fields alone; a path `timings/prompt_n` brings a field up under its whole name. */
function picked(reply: Record<string, unknown>, names: readonly string[] | null | undefined): Record<string, unknown> {
  if (names === null || names === undefined || names.length === 0) return reply;
  const found = names.flatMap((name): [string, unknown][] => {
    let value: unknown = reply;
    for (const key of name.split('/')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
      value = Object.entries(value).find(([one]) => one === key)?.[1];
    }
    return [[name, value]];
  });
  return Object.fromEntries(found);
}
