import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../src/contract/collect.ts';
import type { GenerateEvent, TokenLogprob } from '../../src/contract/generate.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { generationOf, info, requestOf, result } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const route = generationOf(dialect);
const messages = [{ role: 'user', content: 'Hi' }];

const paris: TokenLogprob = {
  id: 7,
  text: 'Par',
  bytes: Uint8Array.of(80, 97, 114),
  logprob: -0.5,
  top: [
    { id: 7, text: 'Par', bytes: Uint8Array.of(80, 97, 114), logprob: -0.5 },
    { id: 2, text: '<|im_end|>', bytes: new Uint8Array(), logprob: -Infinity },
  ],
};
const wire = {
  token: 'Par',
  logprob: -0.5,
  bytes: [80, 97, 114],
  top_logprobs: [
    { token: 'Par', logprob: -0.5, bytes: [80, 97, 114] },
    { token: '<|im_end|>', logprob: -9999, bytes: null },
  ],
};

async function* told(): AsyncGenerator<GenerateEvent> {
  yield { type: 'start', promptTokens: 5 };
  yield { type: 'delta', index: 0, text: 'Par', logprobs: [paris] };
  yield { type: 'delta', index: 0, text: 'is' };
  yield { type: 'finish', index: 0, reason: 'stop' };
  yield { type: 'done', usage: result.usage, timings: result.timings };
}

test('logprobs asks for the sampled token alone, top_logprobs for a list beside it', () => {
  assert.equal(requestOf(dialect, { messages, logprobs: true }).logprobs, 0);
  assert.equal(requestOf(dialect, { messages, logprobs: true, top_logprobs: 20 }).logprobs, 20);
  assert.equal('logprobs' in requestOf(dialect, { messages, logprobs: false, top_logprobs: 0 }), false);
});

test('a completion has the log probabilities of its tokens, and an empty list where it has no tokens', async () => {
  const body = { messages, logprobs: true, top_logprobs: 2 };
  const reply = route.render(await collect(told()), body, info) as { choices: { logprobs: unknown }[] };
  assert.deepEqual(reply.choices[0]?.logprobs, { content: [wire], refusal: null });
  const none = route.render(result, body, info) as { choices: { logprobs: unknown }[] };
  assert.deepEqual(none.choices[0]?.logprobs, { content: [], refusal: null });
});

test('a chunk has those of the tokens that end in it, other chunks null', async () => {
  const chunks: unknown[] = [];
  for await (const frame of route.frames(told(), { messages, logprobs: true, stream: true }, info)) {
    if ('json' in frame) chunks.push((frame.json as { choices: { logprobs: unknown }[] }).choices[0]?.logprobs);
  }
  assert.deepEqual(chunks, [null, { content: [wire], refusal: null }, null, null]);
});
