import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { streamText, wireTimings as timings } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const messages = [{ role: 'user', content: 'Hi' }];

const head =
  'data: {"id":"chatcmpl-r1","object":"chat.completion.chunk","created":1700000000,"model":"fake","system_fingerprint":"fp_hearth",';
const chunks = [
  '"choices":[{"index":0,"delta":{"role":"assistant","content":null},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":1,"delta":{"role":"assistant","content":null},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":0,"delta":{"content":"Par"},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":1,"delta":{"content":"Ly\\n"},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":0,"delta":{"content":"is"},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]',
  '"choices":[{"index":1,"delta":{"content":"on"},"logprobs":null,"finish_reason":null}]',
  '"choices":[{"index":1,"delta":{},"logprobs":null,"finish_reason":"length"}]',
];

/** The frames of chunks; the last one has the timings. */
function withTimings(all: readonly string[]): string {
  const end = `,"timings":${JSON.stringify(timings)}`;
  return all.map((chunk, index) => `${head}${chunk}${index === all.length - 1 ? end : ''}}\n\n`).join('');
}

test('streams the role once for each choice, pieces, finish reasons, and [DONE]', async () => {
  const text = await streamText(dialect, { messages, n: 2, stream: true });
  assert.equal(text, `${withTimings(chunks)}data: [DONE]\n\n`);
});

test('streams the usage in a chunk of its own, and null on all others, when asked', async () => {
  const text = await streamText(dialect, { messages, n: 2, stream: true, stream_options: { include_usage: true } });
  const usage =
    '"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":3}}';
  const expected = [...chunks.map((chunk) => `${chunk},"usage":null`), usage];
  assert.equal(text, `${withTimings(expected)}data: [DONE]\n\n`);
});
