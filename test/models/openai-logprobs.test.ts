import assert from 'node:assert/strict';
import { test } from 'node:test';
import type OpenAI from 'openai';
import { onBothServers } from '../support/openai-server.ts';

type Token = OpenAI.ChatCompletionTokenLogprob;

const ask = {
  model: 'any',
  messages: [{ role: 'user' as const, content: 'Say "naïve café 日本" and a smile 🙂, three times.' }],
  max_tokens: 40,
  logprobs: true,
  top_logprobs: 4,
};

function bytesOf(tokens: readonly Token[]): string {
  return Buffer.from(tokens.flatMap(({ bytes }) => bytes ?? [])).toString();
}

function check(tokens: readonly Token[], content: string): void {
  assert.ok(tokens.length > 5, `${tokens.length} tokens`);
  assert.equal(bytesOf(tokens), content);
  for (const { token, logprob, bytes, top_logprobs: top } of tokens) {
    assert.ok(logprob <= 0 && top.every((one) => one.logprob <= 0));
    assert.equal(top.length, 4);
    assert.deepEqual(
      top.map((one) => one.logprob),
      top.map((one) => one.logprob).toSorted((a, b) => b - a),
    );
    const own = top.find((one) => one.token === token && one.bytes?.join() === bytes?.join());
    if (own) assert.ok(Math.abs(own.logprob - logprob) < 1e-6);
    else assert.ok(logprob <= (top.at(-1)?.logprob ?? 0));
    assert.ok(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0) <= 1 + 1e-4);
  }
}

onBothServers({}, (server) => {
  test('the log probabilities of an answer join to its text, hot or cold', async () => {
    for (const temperature of [0, 1.5]) {
      const { choices } = await server.client.chat.completions.create({ ...ask, temperature, seed: 5 });
      const tokens = choices[0]?.logprobs?.content ?? [];
      check(tokens, choices[0]?.message.content ?? '');
      if (temperature === 0) assert.ok(tokens.every(({ token, top_logprobs: top }) => top[0]?.token === token));
    }
  });

  test('a stream has the same ones, each with the text that its tokens end in', async () => {
    const whole = await server.client.chat.completions.create({ ...ask, temperature: 0 });
    const stream = await server.client.chat.completions.create({ ...ask, temperature: 0, stream: true });
    let text = '';
    const tokens: Token[] = [];
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      text += choice?.delta.content ?? '';
      const told = choice?.logprobs?.content ?? [];
      tokens.push(...told);
      // What stands before a character that is not whole yet comes before its token is told.
      if (told.length > 0) assert.equal(bytesOf(tokens), text);
      else assert.ok(text.startsWith(bytesOf(tokens)));
    }
    check(tokens, whole.choices[0]?.message.content ?? '');
    const ids = (list: readonly Token[]): string[] => list.map(({ token }) => token);
    assert.deepEqual(ids(tokens), ids(whole.choices[0]?.logprobs?.content ?? []));
  });

  test('a stop string takes its tokens with it', async () => {
    const messages = [{ role: 'user' as const, content: 'Count from one to ten in words, separated by commas.' }];
    const full = await server.client.chat.completions.create({ ...ask, messages, temperature: 0 });
    const text = full.choices[0]?.message.content ?? '';
    const stop = text.slice(12, 18);
    const cut = await server.client.chat.completions.create({ ...ask, messages, temperature: 0, stop });
    const content = cut.choices[0]?.message.content ?? '';
    assert.equal(content, text.slice(0, text.indexOf(stop)));
    const told = bytesOf(cut.choices[0]?.logprobs?.content ?? []);
    assert.ok(content.startsWith(told), `${told} is told of ${content}`);
  });
});
