import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { InferenceError } from '../../src/contract/errors.ts';
import { end, FakeModel, hello, say, start } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';

const messages = [{ role: 'user' as const, content: 'Hi' }];

function client(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
}

test('the openai package chats', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url }) => {
    const completion = await client(url).chat.completions.create({ model: 'gpt-4', messages, temperature: 0 });
    assert.equal(completion.choices[0]?.message.content, 'Hello world');
    assert.equal(completion.choices[0].finish_reason, 'stop');
    assert.equal(completion.model, 'fake');
    assert.equal(completion.usage?.total_tokens, 8);
    assert.equal(completion.usage.prompt_tokens_details?.cached_tokens, 2);
    assert.match(completion._request_id ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(completion.id, `chatcmpl-${completion._request_id}`);
  });
});

test('the openai package streams, with usage, and its own accumulator agrees', async () => {
  await withServer({}, async ({ url }) => {
    const stream = client(url).chat.completions.stream({
      model: 'x',
      messages,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    const ids = new Set<string>();
    stream.on('content', (piece) => pieces.push(piece));
    stream.on('chunk', (chunk) => ids.add(`${chunk.id} ${chunk.created}`));
    const final = await stream.finalChatCompletion();
    assert.deepEqual(pieces, ['Hello', ' world']);
    assert.equal(final.choices[0]?.message.content, 'Hello world');
    assert.equal(final.choices[0].message.role, 'assistant');
    assert.equal(final.usage?.completion_tokens, 3);
    assert.equal(ids.size, 1);
  });
});

test('the openai package reads log probabilities, and its accumulator joins those of a stream', async () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const told = (text: string, logprob: number) => {
    const top = [{ id: 1, text, bytes: bytes(text), logprob }];
    return { type: 'delta' as const, index: 0, text, logprobs: [{ id: 1, text, bytes: bytes(text), logprob, top }] };
  };
  const model = new FakeModel(() => [start, told('Hel', -0.25), told('lo', -1.5), ...end(3)]);
  const content = [
    { token: 'Hel', logprob: -0.25, bytes: [72, 101, 108] },
    { token: 'lo', logprob: -1.5, bytes: [108, 111] },
  ].map((token) => ({ ...token, top_logprobs: [token] }));
  const wanted = { model: 'x', messages, logprobs: true, top_logprobs: 1 };
  await withServer({ model }, async ({ url }) => {
    const completion = await client(url).chat.completions.create(wanted);
    assert.deepEqual(completion.choices[0]?.logprobs?.content, content);
    const final = await client(url).chat.completions.stream(wanted).finalChatCompletion();
    assert.deepEqual(final.choices[0]?.logprobs?.content, content);
    assert.deepEqual(
      model.requests.map((request) => request.logprobs),
      [1, 1],
    );
    const alone = client(url).chat.completions.create({ model: 'x', messages, top_logprobs: 1 });
    await assert.rejects(alone, (error) => error instanceof OpenAI.BadRequestError && error.param === 'top_logprobs');
  });
});

test('the openai package lists and retrieves models', async () => {
  await withServer({}, async ({ url }) => {
    const ids: string[] = [];
    for await (const model of client(url).models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['fake']);
    assert.equal((await client(url).models.retrieve('fake')).owned_by, 'hearth');
  });
});

test('the openai package throws its own error classes', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url }) => {
    const create = (body: object) => client(url).chat.completions.create({ model: 'x', messages, ...body });
    await assert.rejects(create({ max_token: 5 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'max_token');
      assert.equal(error.type, 'invalid_request_error');
      assert.match(error.message, /did you mean max_tokens\?/);
      return true;
    });
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'two', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  });
});

test('the openai package sees 429 before a stream, and an error frame within one', async () => {
  const full = new InferenceError('overloaded', 'The queue is full; try again in 1 s.', { retryAfter: 1 });
  await withServer({ model: new FakeModel(() => [{ type: 'fail', error: full }]) }, async ({ url }) => {
    await assert.rejects(
      client(url).chat.completions.create({ model: 'x', messages, stream: true }),
      OpenAI.RateLimitError,
    );
  });
  const failed = new InferenceError('model_failed', 'The model failed; try again.');
  await withServer(
    { model: new FakeModel(() => [start, say('Hel'), { type: 'fail', error: failed }]) },
    async ({ url }) => {
      const stream = await client(url).chat.completions.create({ model: 'x', messages, stream: true });
      let text = '';
      const read = async (): Promise<void> => {
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      };
      await assert.rejects(read(), (error) => {
        assert.ok(error instanceof OpenAI.APIError);
        assert.equal(error.code, 'model_failed');
        return true;
      });
      assert.equal(text, 'Hel');
    },
  );
});

test('the openai package retries what is full for a moment', async () => {
  let tries = 0;
  const full = new InferenceError('overloaded', 'The queue is full; try again in 0 s.', { retryAfter: 0 });
  const model = new FakeModel(() => (++tries === 1 ? [{ type: 'fail', error: full }] : hello));
  await withServer({ model }, async ({ url }) => {
    const patient = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'x', maxRetries: 1 });
    const completion = await patient.chat.completions.create({ model: 'x', messages });
    assert.equal(completion.choices[0]?.message.content, 'Hello world');
    assert.equal(tries, 2);
  });
});

test('a stream that the openai package aborts frees its slot', async () => {
  function* endless() {
    yield start;
    for (;;) {
      yield say('a');
      yield { type: 'wait' as const, until: new Promise((resolve) => setTimeout(resolve, 5)) };
    }
  }
  await withServer({ model: new FakeModel(endless) }, async ({ url, model }) => {
    const stream = await client(url).chat.completions.create({ model: 'x', messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'a') break;
    await until(() => model.running === 0, 'the slot is free');
    assert.deepEqual(
      model.aborted.map((error) => error.code),
      ['aborted'],
    );
  });
});
