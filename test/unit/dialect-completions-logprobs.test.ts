import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerateEvent, TokenLogprob } from '../../src/contract/generate.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, generationOf, info, result } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const route = generationOf(at(createOpenai(dialectSettings), '/v1/completions'));
const body = { prompt: 'Once', logprobs: 1, stream: false };

const utf8 = new TextEncoder();
function told(text: string, bytes: Uint8Array, top: { text: string; logprob: number }): TokenLogprob {
  return { id: 1, text, bytes, logprob: -2, top: [{ id: 2, bytes: utf8.encode(top.text), ...top }] };
}

/** `a`, half of `é`, its other half, and an emoji: the sampled token is never the likeliest. */
const tokens = [
  told('a', utf8.encode('a'), { text: 'b', logprob: -0.5 }),
  told('\uFFFD', Uint8Array.of(0xc3), { text: 'c', logprob: -Infinity }),
  told('\uFFFD', Uint8Array.of(0xa9), { text: 'd', logprob: -1 }),
  told('🙂', utf8.encode('🙂'), { text: 'e', logprob: -1 }),
  told('!', utf8.encode('!'), { text: 'f', logprob: -1 }),
];
const legacy = {
  tokens: ['a', 'bytes:\\xc3', 'bytes:\\xa9', '🙂', '!'],
  token_logprobs: [-2, -2, -2, -2, -2],
  top_logprobs: [
    { b: -0.5, a: -2 },
    { c: -9999, 'bytes:\\xc3': -2 },
    { d: -1, 'bytes:\\xa9': -2 },
    { e: -1, '🙂': -2 },
    { f: -1, '!': -2 },
  ],
  text_offset: [0, 1, 1, 2, 3],
};

function logprobsOf(reply: unknown): unknown {
  return (reply as { choices: { logprobs: unknown }[] }).choices[0]?.logprobs;
}

test('lists tokens, their values and offsets in characters; half a character by its bytes', () => {
  const choices = [{ text: 'aé🙂!', finishReason: 'stop' as const, logprobs: tokens }];
  assert.deepEqual(logprobsOf(route.render({ ...result, choices }, body, info)), legacy);
});

test('has lists of nothing for a completion without tokens, and null where none were asked for', () => {
  const choices = [{ text: '', finishReason: 'stop' as const }];
  const empty = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
  assert.deepEqual(logprobsOf(route.render({ ...result, choices }, body, info)), empty);
  assert.equal(logprobsOf(route.render({ ...result, choices }, { ...body, logprobs: null }, info)), null);
});

test('goes on with the offsets from chunk to chunk of a stream', async () => {
  async function* events(): AsyncGenerator<GenerateEvent> {
    yield { type: 'delta', index: 0, text: 'aé', logprobs: tokens.slice(0, 3) };
    yield { type: 'delta', index: 1, text: 'a', logprobs: tokens.slice(0, 1) };
    yield { type: 'delta', index: 0, text: '🙂!', logprobs: tokens.slice(3) };
  }
  const joined: Record<string, unknown[]> = {};
  for await (const frame of route.frames(events(), { ...body, stream: true }, info)) {
    if ('text' in frame || (frame.json as { choices: { index: number }[] }).choices[0]?.index !== 0) continue;
    for (const [key, list] of Object.entries(logprobsOf(frame.json) as Record<string, unknown[]>)) {
      joined[key] = [...(joined[key] ?? []), ...list];
    }
  }
  assert.deepEqual(joined, legacy);
});
