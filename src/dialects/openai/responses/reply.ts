import type { InferenceError } from '../../../contract/errors.ts';
import type { FinishReason, GenerateEvent, GenerateResult, Timings, Usage } from '../../../contract/generate.ts';
import type { Broken, Frame, ReplyInfo } from '../../dialect.ts';
import type { ResponsesBody } from './body.ts';
import { Output, outputOf } from './output.ts';

/** The response's id; the ids of its items have the same core (output.ts). */
export function responseId({ replyId }: ReplyInfo): string {
  return `resp_${replyId}`;
}

/** The `response` object of a finished generation. https://platform.openai.com/docs/api-reference/responses/object */
export function responseReply(
  { choices, usage, timings }: GenerateResult,
  body: ResponsesBody,
  info: ReplyInfo,
): object {
  const choice = choices[0] ?? { text: '', finishReason: 'stop' };
  return finished(choice.finishReason, outputOf(choice, info.replyId), usage, timings, body, info);
}

/** The events of a stream, each under its type's name and numbered from 0. */
export async function* responseFrames(
  events: AsyncIterable<GenerateEvent>,
  body: ResponsesBody,
  info: ReplyInfo,
): AsyncGenerator<Frame> {
  let sequence = 0;
  const frame = ({ type, ...fields }: { type: string } & Record<string, unknown>): Frame => ({
    event: type,
    json: { type, sequence_number: sequence++, ...fields },
  });
  const output = new Output(info.replyId);
  let reason: FinishReason = 'stop';
  for await (const event of events) {
    switch (event.type) {
      case 'start': {
        const response = wireResponse({ status: 'in_progress' }, body, info);
        yield frame({ type: 'response.created', response });
        yield frame({ type: 'response.in_progress', response });
        break;
      }
      case 'finish':
        reason = event.reason;
        for (const one of output.end(reason)) yield frame(one);
        break;
      case 'done': {
        const response = finished(reason, output.items, event.usage, event.timings, body, info);
        yield frame({ type: reason === 'length' ? 'response.incomplete' : 'response.completed', response });
        break;
      }
      default:
        for (const one of output.add(event)) yield frame(one);
    }
  }
}

/** The last event of a stream that failed. OpenAI knows few codes here; what it doesn't know is `server_error`. */
export function failedFrame({ code, message }: InferenceError, { body, info, frames }: Broken<ResponsesBody>): Frame {
  const wireCode = code === 'overloaded' ? 'rate_limit_exceeded' : 'server_error';
  const response = wireResponse({ status: 'failed', error: { code: wireCode, message } }, body, info);
  return { event: 'response.failed', json: { type: 'response.failed', sequence_number: frames, response } };
}

function finished(
  reason: FinishReason,
  output: readonly object[],
  usage: Usage,
  timings: Timings,
  body: ResponsesBody,
  info: ReplyInfo,
): object {
  const cut = reason === 'length';
  const told: Told = {
    status: cut ? 'incomplete' : 'completed',
    completed_at: cut ? null : info.created + Math.floor(timings.totalMs / 1000),
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    output,
    usage: wireUsage(usage),
  };
  return wireResponse(told, body, info);
}

interface Told {
  status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  completed_at?: number | null;
  error?: { code: string; message: string };
  incomplete_details?: { reason: string } | null;
  output?: readonly object[];
  usage?: object;
}

/** Everything that clients' types want; `frequency_penalty` and `presence_penalty` are of the Open Responses specification. */
function wireResponse({ status, ...told }: Told, body: ResponsesBody, info: ReplyInfo): object {
  const { defaults = {} } = info;
  return {
    id: responseId(info),
    object: 'response',
    status,
    created_at: info.created,
    completed_at: null,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    model: info.model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? defaults.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: (body.tools ?? []).map(wireTool),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? defaults.topP ?? 1,
    frequency_penalty: body.frequency_penalty ?? defaults.frequencyPenalty ?? 0,
    presence_penalty: body.presence_penalty ?? defaults.presencePenalty ?? 0,
    truncation: 'disabled',
    usage: null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
    ...told,
  };
}

/** Schemas are always kept to, so that a tool that doesn't say is strict, as on OpenAI's side. */
function wireTool(tool: NonNullable<ResponsesBody['tools']>[number]): object {
  const { description = null, parameters = null, strict } = tool;
  return { ...tool, description, parameters, strict: strict ?? true };
}

function wireUsage({ promptTokens, completionTokens, cachedTokens, reasoningTokens = 0 }: Usage): object {
  return {
    input_tokens: promptTokens,
    // nobody pays for writing a cache here
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  };
}
