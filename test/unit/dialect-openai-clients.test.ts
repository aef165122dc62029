import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatReply } from '../../src/dialects/openai/chat-reply.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { info, parse, requestOf } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const messages = [{ role: 'user', content: 'Hi' }];

test('openai-python from before prompt_tokens_details gets a usage of numbers alone', () => {
  const reply = {
    choices: [{ text: 'Hi', finishReason: 'stop' as const }],
    usage: { promptTokens: 5, completionTokens: 1, cachedTokens: 3 },
    timings: { queueMs: 0, firstTokenMs: 1, totalMs: 2 },
  };
  const details = (lang: string, version: string): unknown => {
    const headers = { 'x-stainless-lang': lang, 'x-stainless-package-version': version };
    return (chatReply(reply, { ...info, headers }) as { usage: object }).usage;
  };
  const flat = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
  const full = { ...flat, prompt_tokens_details: { cached_tokens: 3 } };
  assert.deepEqual(details('python', '1.35.15'), flat);
  assert.deepEqual(details('python', '1.51.0'), full);
  assert.deepEqual(details('python', '2.0.0'), full);
  assert.deepEqual(details('js', '1.2.0'), full);
});

test('judges a field that all messages have once, and in no time', () => {
  const extras = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`abcdefgh${index}`, 1]));
  const many = Array.from({ length: 20_000 }, () => ({ role: 'user', content: '', ...extras }));
  const began = performance.now();
  const { ignored } = parse(dialect, { messages: many });
  assert.equal(ignored.length, 30);
  assert.ok(ignored.every((name) => name.startsWith('messages[0].')));
  assert.ok(performance.now() - began < 3000);
});

test('takes 64-bit seeds', () => {
  assert.equal(typeof requestOf(dialect, { messages, seed: 4_611_686_018_427_387_904 }).sampling?.seed, 'number');
});
