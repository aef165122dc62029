import assert from 'node:assert/strict';
import type { GenerateEvent, GenerateResult, TokenLogprob } from '../../src/contract/generate.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, streamText } from './dialect.ts';
import { dialectSettings } from './server.ts';

/** The dialect with `/v1/responses` alone. */
export const responses = at(createOpenai(dialectSettings), '/v1/responses');
export const usage = { promptTokens: 5, completionTokens: 9, cachedTokens: 3, reasoningTokens: 2 };
const timings = { queueMs: 1, firstTokenMs: 2, totalMs: 2500 };
export const streamingBody = { input: 'Hi', stream: true };

/** The events of a completion around what it writes. */
export function events(
  writes: readonly GenerateEvent[],
  reason: 'stop' | 'length' | 'tool_calls',
): readonly GenerateEvent[] {
  const done: GenerateEvent = { type: 'done', usage, timings };
  return [{ type: 'start', promptTokens: 5 }, ...writes, { type: 'finish', index: 0, reason }, done];
}

/** Text, */
export const say = (text: string, logprobs?: TokenLogprob[]): GenerateEvent => ({
  type: 'delta',
  index: 0,
  text,
  ...(logprobs && { logprobs }),
});
/** thoughts, */
export const think = (text: string): GenerateEvent => ({ type: 'reasoning', index: 0, text });
/** and a piece of a call, as a generation tells them. */
export const call = (number: number, id: string, rest: { name?: string; argumentsDelta?: string }): GenerateEvent => ({
  type: 'tool_call',
  index: 0,
  call: number,
  id,
  ...rest,
});

export interface Wire {
  type: string;
  sequence_number: number;
  response?: Record<string, unknown>;
  [name: string]: unknown;
}

/** The events of a stream; each is under the name of its type, and they are numbered from 0. */
export async function streamed(of: readonly GenerateEvent[], fields: object = {}): Promise<Wire[]> {
  const text = await streamText(responses, { ...streamingBody, ...fields }, of);
  assert.ok(text.endsWith('\n\n') && !text.includes('[DONE]'));
  const frames = text.split('\n\n').slice(0, -1);
  return frames.map((frame, index) => {
    const [name = '', data = '', ...more] = frame.split('\n');
    assert.deepEqual(more, []);
    const event = JSON.parse(data.slice('data: '.length)) as Wire;
    assert.equal(name, `event: ${event.type}`);
    assert.equal(event.sequence_number, index);
    return event;
  });
}

/** A response with all its fields. */
export const whole = {
  id: 'resp_u1',
  object: 'response',
  status: 'completed',
  created_at: 1_700_000_000,
  completed_at: 1_700_000_002,
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  model: 'fake',
  output: [
    {
      id: 'msg_u1_0',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Paris', annotations: [], logprobs: [] }],
    },
  ],
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  store: true,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  truncation: 'disabled',
  usage: {
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 14,
  },
  user: null,
  metadata: {},
};

/** The result that it tells. */
export const paris: GenerateResult = { choices: [{ text: 'Paris', finishReason: 'stop' }], usage, timings };
/** The response when its stream begins. */
export const begun = { ...whole, status: 'in_progress', completed_at: null, output: [], usage: null };
