import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import type { ResponseItem } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { InferenceError } from '../../src/contract/errors.ts';
import { end, FakeModel, hello, say, stall, start } from '../support/fake-model.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { until, withServer } from '../support/server.ts';

const call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>';
const weather = zodResponsesFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) });
const ask = { model: 'x', input: 'Hi' };

function client(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
}

test('the openai package makes, fetches, lists and deletes responses', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url, model }) => {
    const { responses } = client(url);
    const first = await responses.create({ ...ask, instructions: 'Be short.', metadata: { a: 'b' } });
    assert.equal(first.output_text, 'Hello world');
    assert.equal(first.status, 'completed');
    assert.equal(first.usage?.total_tokens, 8);
    assert.equal(first.usage.input_tokens_details.cached_tokens, 2);
    assert.match(first.id, /^resp_[0-9a-f]{32}$/);
    assert.deepEqual({ ...(await responses.retrieve(first.id)) }, { ...first });

    const second = await responses.create({ model: 'x', input: 'Again', previous_response_id: first.id });
    assert.deepEqual(model.requests.at(-1)?.prompt, {
      kind: 'chat',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello world' },
        { role: 'user', content: 'Again' },
      ],
    });
    const items: ResponseItem[] = [];
    for await (const item of responses.inputItems.list(second.id, { limit: 2, order: 'asc' })) items.push(item);
    assert.deepEqual(
      items.map((item) => item.type === 'message' && [item.role, item.content[0]]),
      [
        ['user', { type: 'input_text', text: 'Hi' }],
        ['assistant', { type: 'output_text', text: 'Hello world', annotations: [], logprobs: [] }],
        ['user', { type: 'input_text', text: 'Again' }],
      ],
    );
    const newest = await responses.inputItems.list(second.id, { limit: 1 });
    assert.deepEqual(newest.data[0]?.id, items.at(-1)?.id);
    assert.equal(newest.has_more, true);

    await responses.delete(first.id);
    await assert.rejects(responses.retrieve(first.id), OpenAI.NotFoundError);
    await assert.rejects(responses.delete(first.id), OpenAI.NotFoundError);
    assert.equal((await responses.retrieve(second.id)).output_text, 'Hello world');
  });
});

test('the openai package puts a stream together, and goes on from it at once', async () => {
  const script = [start, { type: 'reasoning', index: 0, text: 'Hm.' } as const, say('Hello'), say(' world'), ...end(4)];
  await withServer({ model: new FakeModel(() => script) }, async ({ url, model }) => {
    const { responses } = client(url);
    const stream = responses.stream(ask);
    const snapshots: string[] = [];
    stream.on('response.output_text.delta', ({ snapshot }) => snapshots.push(snapshot));
    for await (const event of stream) {
      if (event.type !== 'response.completed') continue;
      const next = await responses.create({ ...ask, previous_response_id: event.response.id });
      assert.equal(next.previous_response_id, event.response.id);
    }
    assert.deepEqual(snapshots, ['Hello', 'Hello world']);
    const final = await stream.finalResponse();
    assert.equal(final.output_text, 'Hello world');
    assert.deepEqual(
      final.output.map(({ type }) => type),
      ['reasoning', 'message'],
    );
    assert.equal((await responses.retrieve(final.id)).output_text, 'Hello world');
    const { prompt } = model.requests.at(-1) ?? {};
    assert.ok(prompt?.kind === 'chat' && prompt.messages[1]?.reasoning === 'Hm.');
  });
});

test('the openai package calls functions and sends their outputs by previous_response_id', async () => {
  for (const streams of [false, true]) {
    const { model, requests, promptOf } = scriptedModel({ turns: [`I look.\n${call}`, 'It is sunny.'] });
    await withServer({ models: [model] }, async ({ url }) => {
      const { responses } = client(url);
      const asked = { model: 'x', input: 'Weather?', tools: [weather] };
      const first = streams ? await responses.stream(asked).finalResponse() : await responses.parse(asked);
      const [said, called] = first.output;
      assert.ok(said?.type === 'message' && called?.type === 'function_call');
      assert.deepEqual(called.parsed_arguments, { city: 'Rome' });
      const output = { type: 'function_call_output' as const, call_id: called.call_id, output: 'sunny' };
      const second = await responses.create({ ...asked, input: [output], previous_response_id: first.id });
      assert.equal(second.output_text, 'It is sunny.');
      assert.match(
        promptOf(requests[1]),
        /user: Weather\?[^]*assistant: I look\.\n<tool_call>\n\{"name": "get_weather"[^]*sunny/,
      );
    });
  }
});

test('the openai package parses an answer by its schema', async () => {
  const { model } = scriptedModel({ turns: ['{"city": "Rome"}'] });
  await withServer({ models: [model] }, async ({ url }) => {
    const format = zodTextFormat(z.object({ city: z.string() }), 'place');
    const parsed = await client(url).responses.parse({ ...ask, text: { format } });
    assert.deepEqual(parsed.output_parsed, { city: 'Rome' });
    const stream = client(url).responses.stream({ ...ask, text: { format } });
    assert.deepEqual((await stream.finalResponse()).output_parsed, { city: 'Rome' });
  });
});

test('counts the tokens of a request, of an earlier conversation too', async () => {
  const { model, requests } = scriptedModel({ turns: ['One.', 'Two.'] });
  await withServer({ models: [model] }, async ({ url }) => {
    const { responses } = client(url);
    const counted = await responses.inputTokens.count({ ...ask, instructions: 'Be short.' });
    const first = await responses.create({ ...ask, instructions: 'Be short.' });
    assert.deepEqual([counted.object, counted.input_tokens], ['response.input_tokens', first.usage?.input_tokens]);
    const next = { ...ask, previous_response_id: first.id };
    const { input_tokens: tokens } = await responses.inputTokens.count(next);
    assert.equal(requests.length, 1);
    assert.equal((await responses.create(next)).usage?.input_tokens, tokens);
  });
});

test('what is not stored is a 404, and a 400 to go on from; what had to make room says so', async () => {
  await withServer({ store: { maxCount: 1, maxBytes: 100_000 } }, async ({ url }) => {
    const { responses } = client(url);
    const unstored = await responses.create({ ...ask, store: false });
    assert.equal(Reflect.get(unstored, 'store'), false);
    await assert.rejects(responses.retrieve(unstored.id), OpenAI.NotFoundError);
    const first = await responses.create(ask);
    await responses.create(ask);
    await assert.rejects(responses.retrieve(first.id), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.match(error.message, /had to make room: 1 responses .* --stored-responses/);
      return true;
    });
    for (const id of [first.id, unstored.id, 'resp_nothing']) {
      await assert.rejects(responses.create({ ...ask, previous_response_id: id }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.deepEqual([error.code, error.param], ['previous_response_not_found', 'previous_response_id']);
        return true;
      });
    }
  });
});

test('a failure after the start ends the stream with response.failed, and nothing is kept', async () => {
  const error = new InferenceError('model_failed', 'The model failed; try again.');
  await withServer({ model: new FakeModel(() => [start, say('Hel'), { type: 'fail', error }]) }, async (running) => {
    const { url, post, lines } = running;
    const text = await (await post('/v1/responses', { ...ask, stream: true })).text();
    const last = text.trimEnd().split('\n\n').at(-1) ?? '';
    assert.match(last, /^event: response\.failed\ndata: \{"type":"response\.failed","sequence_number":5,/);
    const final = await client(url).responses.stream(ask).finalResponse();
    assert.equal(final.status, 'failed');
    assert.deepEqual(final.error, { code: 'server_error', message: 'The model failed; try again.' });
    await assert.rejects(client(url).responses.retrieve(final.id), OpenAI.NotFoundError);
    assert.equal((await post('/v1/responses', ask)).status, 503);
    await until(() => lines.filter((line) => line['error'] === 'model_failed').length === 3, 'all are logged');
  });
});

test('a client that leaves ends the generation, and nothing is kept', async () => {
  await withServer({ model: new FakeModel(() => [start, say('Hel'), stall]) }, async ({ url, model }) => {
    const stream = await client(url).responses.create({ ...ask, stream: true });
    let id = '';
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    await until(() => model.running === 0, 'the slot is free');
    assert.equal(model.aborted.length, 1);
    await assert.rejects(client(url).responses.retrieve(id), OpenAI.NotFoundError);
  });
});

test('ids are the server’s own, whatever id the client gives its request', async () => {
  await withServer({ model: new FakeModel(() => hello) }, async ({ post }) => {
    const ids = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      const reply = await post('/responses', ask, { headers: { 'x-request-id': 'mine' } });
      ids.add(((await reply.json()) as { id: string }).id);
    }
    assert.equal(ids.size, 3);
    assert.ok(![...ids].some((id) => id.includes('mine')));
  });
});

test('refuses wrong questions about stored responses, and other methods', async () => {
  await withServer({}, async ({ url, post }) => {
    const { id } = await client(url).responses.create(ask);
    const cases: [string, string][] = [
      ['?stream=true', 'stream'],
      ['/input_items?limit=0', 'limit'],
      ['/input_items?limit=101', 'limit'],
      ['/input_items?limit=x', 'limit'],
      ['/input_items?order=up', 'order'],
      ['/input_items?after=msg_x', 'after'],
    ];
    for (const [rest, param] of cases) {
      const reply = await fetch(`${url}/v1/responses/${id}${rest}`);
      assert.equal(reply.status, 400, rest);
      assert.equal(((await reply.json()) as { error: { param: string } }).error.param, param);
    }
    assert.equal((await fetch(`${url}/v1/responses/resp_x/input_items`)).status, 404);
    assert.equal((await fetch(`${url}/v1/responses`)).status, 405);
    const wrong = await post(`/v1/responses/${id}`, {});
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'GET, DELETE, HEAD, OPTIONS');
  });
});
