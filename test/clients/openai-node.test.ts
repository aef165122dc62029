import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';
import { metric } from '../support/scrape.ts';
import { until } from '../support/server.ts';

const model = 'chat';
const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const ask = { model, messages, temperature: 0, max_completion_tokens: 16 };
/** Runs until it is cut off. */
const endless = { ...ask, max_completion_tokens: 1500, ignore_eos: true };

onBothEngines((chat) => {
  let server: ClientServer;
  let client: OpenAI;
  before(async () => {
    server = await startForClients(chat, ['--parallel', '2', '--max-queue', '2']);
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
  });
  after(async () => assert.equal(await server.stop(), 0));

  const reads = (name: string, value: number) =>
    until(
      async () => (await metric(server.url, `hearth_${name}`, { authorization: `Bearer ${apiKey}` })) === value,
      `${name} is ${value}`,
    );
  const free = () => reads('slots_busy', 0);

  test('chat gives a typed completion with usage and a request id', async () => {
    const { data, response, request_id: id } = await client.chat.completions.create(ask).withResponse();
    assert.equal(response.headers.get('x-request-id'), id);
    assert.equal(data.object, 'chat.completion');
    assert.equal(data.model, model);
    const [choice] = data.choices;
    assert.match(choice?.message.content ?? '', /\S/);
    assert.ok(choice?.finish_reason === 'stop' || choice?.finish_reason === 'length');
    assert.ok(data.usage !== undefined && data.usage.completion_tokens <= 16);
    assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  });

  test('the accumulator of a stream makes the completion that is not streamed', async () => {
    const whole = await client.chat.completions.create({ ...ask, logprobs: true, top_logprobs: 2 });
    const stream = client.chat.completions.stream({
      ...ask,
      logprobs: true,
      top_logprobs: 2,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    const comparable = ({ choices, usage }: OpenAI.ChatCompletion) => ({
      usage,
      choices: choices.map(({ index, finish_reason, logprobs, message: { role, content, refusal } }) => ({
        index,
        finish_reason,
        role,
        content,
        refusal: refusal ?? null,
        tokens: logprobs?.content?.map(({ token, logprob, top_logprobs: top }) => [token, logprob, top.length]),
      })),
    });
    assert.deepEqual(comparable(final), comparable(whole));
    assert.equal(
      whole.choices[0]?.logprobs?.content?.map(({ token }) => token).join(''),
      final.choices[0]?.message.content,
    );
  });

  test('n completions come with their index, streamed and not', async () => {
    const several = { ...ask, n: 3, temperature: 1, seed: 5 };
    const whole = await client.chat.completions.create(several);
    assert.deepEqual(
      whole.choices.map(({ index }) => index),
      [0, 1, 2],
    );
    const final = await client.chat.completions.stream(several).finalChatCompletion();
    assert.equal(final.choices.length, 3);
    for (const { finish_reason: reason, message } of final.choices) {
      assert.ok(reason === 'stop' || reason === 'length');
      assert.equal(typeof message.content, 'string');
    }
  });

  test('completions, their stream, and models work', async () => {
    const legacy = { model, prompt: 'The capital of France is', temperature: 0, max_tokens: 8 };
    const whole = await client.completions.create(legacy);
    assert.equal(whole.object, 'text_completion');
    assert.match(whole.choices[0]?.text ?? '', /\S/);
    let text = '';
    for await (const { choices } of await client.completions.create({ ...legacy, stream: true })) {
      text += choices[0]?.text ?? '';
    }
    assert.equal(text, whole.choices[0]?.text);
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    assert.deepEqual(ids, ['chat', 'vectors']);
    assert.equal((await client.models.retrieve('vectors')).object, 'model');
  });

  test('embeddings come as the client asks for them by default, as floats, and shortened', async () => {
    const input = ['one text', 'and another'];
    const { data, usage } = await client.embeddings.create({ model: 'vectors', input });
    assert.deepEqual(
      data.map(({ index, embedding }) => [index, embedding.length]),
      input.map((_text, index) => [index, server.dimensions]),
    );
    assert.ok(usage.prompt_tokens > 0 && usage.total_tokens === usage.prompt_tokens);
    const floats = await client.embeddings.create({ model: 'vectors', input, encoding_format: 'float' });
    assert.deepEqual(
      floats.data.map(({ embedding }) => [...new Float32Array(embedding)]),
      data.map(({ embedding }) => [...embedding]),
    );
    const short = await client.embeddings.create({ model: 'vectors', input: 'one text', dimensions: 8 });
    assert.equal(short.data[0]?.embedding.length, 8);
  });

  test('each way to fail is the exception class that the client has for it', async () => {
    const create = (body: object) => client.chat.completions.create({ ...ask, ...body });
    const cases: [string, () => Promise<unknown>, new (...given: never[]) => Error, object][] = [
      ['a wrong type', () => create({ temperature: 'hot' }), OpenAI.BadRequestError, { param: 'temperature' }],
      [
        'no room',
        () => create({ max_completion_tokens: 5000 }),
        OpenAI.BadRequestError,
        { code: 'context_length_exceeded' },
      ],
      [
        'no room, streamed',
        () => create({ max_completion_tokens: 5000, stream: true }),
        OpenAI.BadRequestError,
        { param: 'max_completion_tokens', type: 'invalid_request_error' },
      ],
      [
        'a wrong key',
        () => client.withOptions({ apiKey: 'x' }).models.list(),
        OpenAI.AuthenticationError,
        { status: 401 },
      ],
      [
        'a model that is not there',
        () => create({ model: 'gpt-4' }),
        OpenAI.NotFoundError,
        { code: 'model_not_found', param: 'model' },
      ],
      ['a wrong path', () => client.get('/nothing'), OpenAI.NotFoundError, { status: 404 }],
      [
        'no server',
        () => client.withOptions({ baseURL: 'http://127.0.0.1:1/v1' }).models.list(),
        OpenAI.APIConnectionError,
        {},
      ],
      [
        'a timeout',
        () => client.chat.completions.create(endless, { timeout: 200 }),
        OpenAI.APIConnectionTimeoutError,
        {},
      ],
    ];
    for (const [title, failing, expected, fields] of cases) {
      await assert.rejects(failing(), (error) => {
        assert.ok(error instanceof expected, `${title}: ${String(error)}`);
        for (const [name, value] of Object.entries(fields)) assert.equal(Reflect.get(error, name), value, title);
        return true;
      });
    }
    await free();
  });

  test('an abort ends a stream and a reply, and frees their slots', async () => {
    const stream = await client.chat.completions.create({ ...endless, stream: true });
    let pieces = 0;
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? '') !== '') pieces += 1;
      if (pieces === 3) stream.controller.abort();
    }
    assert.equal(pieces, 3);
    await free();
    const controller = new AbortController();
    const reply = client.chat.completions.create(endless, { signal: controller.signal });
    await reads('slots_busy', 1);
    controller.abort();
    await assert.rejects(reply, OpenAI.APIUserAbortError);
    await free();
  });

  test('a full server is a RateLimitError with its Retry-After, also for a stream', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const running = Array.from({ length: 4 }, () => client.chat.completions.create(endless, { signal }));
    const ended = Promise.allSettled(running);
    try {
      // Slots of an earlier request that was cancelled are free, however full the queue looks for a moment.
      await reads('slots_busy', 2);
      await reads('queue_length', 2);
      for (const stream of [false, true]) {
        const refused = client.chat.completions.create({ ...ask, stream });
        const error = await refused.then(
          () => assert.fail('nothing was refused'),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof OpenAI.RateLimitError, String(error));
        assert.match(error.headers?.get('retry-after') ?? '', /^\d+$/);
      }
    } finally {
      controller.abort();
    }
    assert.ok(
      (await ended).every((one) => one.status === 'rejected' && one.reason instanceof OpenAI.APIUserAbortError),
    );
    await free();
  });
});
