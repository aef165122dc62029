import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { LengthFinishReasonError } from 'openai/core/error';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';

const messages = [{ role: 'user' as const, content: 'How is the weather in Rome?' }];
const ask = { model: 'chat', messages, temperature: 1, seed: 3, max_completion_tokens: 100 };
const place = z.object({ city: z.enum(['Rome', 'Oslo']), unit: z.enum(['celsius', 'fahrenheit']) });
const person = z.object({
  name: z.string().max(12),
  age: z.int().min(0).max(120),
  likes: z.array(z.enum(['tea', 'coffee'])).max(2),
  boss: z.union([z.object({ name: z.string().max(8) }), z.null()]),
});
const weather = zodFunction({ name: 'weather', description: 'The weather of a city.', parameters: place });
const clock = zodFunction({ name: 'clock', description: 'The time.', parameters: z.object({}) });
const named = { type: 'function' as const, function: { name: 'weather' } };

/** A tool for `runTools` that keeps what it was called with. */
function runnable(asked: unknown[]) {
  return zodFunction({
    name: 'weather',
    description: 'The weather of a city.',
    parameters: place,
    function: (given) => {
      asked.push(given);
      return 'sunny';
    },
  });
}

onBothEngines((model) => {
  let server: ClientServer;
  let client: OpenAI;
  before(async () => {
    server = await startForClients(model);
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
  });
  after(async () => assert.equal(await server.stop(), 0));

  for (const stream of [false, true]) {
    const way = stream ? 'streaming' : 'not streaming';

    test(`runTools runs the function that is named, ${way}`, async () => {
      const asked: unknown[] = [];
      const body = { ...ask, tools: [runnable(asked)], tool_choice: named };
      const runner = stream
        ? client.chat.completions.runTools({ ...body, stream: true })
        : client.chat.completions.runTools(body);
      assert.equal(await runner.finalFunctionToolCallResult(), 'sunny');
      assert.equal(asked.length, 1);
      place.parse(asked[0]);
    });

    test(`runTools goes on with the results of its calls, ${way}`, async () => {
      const asked: unknown[] = [];
      const body = { ...ask, tools: [runnable(asked)], tool_choice: 'required' as const, parallel_tool_calls: false };
      const runner = stream
        ? client.chat.completions.runTools({ ...body, stream: true }, { maxChatCompletions: 2 })
        : client.chat.completions.runTools(body, { maxChatCompletions: 2 });
      await runner.done();
      assert.equal(runner.allChatCompletions().length, 2);
      const roles = runner.messages.map(({ role }) => role);
      assert.deepEqual(roles.slice(0, 4), ['user', 'assistant', 'tool', 'assistant']);
      assert.equal(asked.length, 2);
      for (const given of asked) place.parse(given);
    });
  }

  test('parse gives an object of its zod schema, at temperature 1', async () => {
    for (const seed of [1, 2, 3]) {
      const { choices } = await client.chat.completions.parse({
        ...ask,
        seed,
        response_format: zodResponseFormat(person, 'person'),
      });
      const [choice] = choices;
      assert.equal(choice?.finish_reason, 'stop');
      assert.deepEqual(person.parse(choice.message.parsed), choice.message.parsed);
    }
  });

  test('parse throws its own error for what was cut off', async () => {
    const cut = { ...ask, max_completion_tokens: 3, response_format: zodResponseFormat(person, 'person') };
    await assert.rejects(client.chat.completions.parse(cut), LengthFinishReasonError);
  });

  test('a streamed answer in JSON is parsed at its end, and its parts on the way', async () => {
    const stream = client.chat.completions.stream({ ...ask, response_format: zodResponseFormat(person, 'person') });
    const parts: unknown[] = [];
    stream.on('content.delta', ({ parsed }) => parts.push(parsed));
    const final = await stream.finalChatCompletion();
    const parsed = final.choices[0]?.message.parsed;
    assert.deepEqual(person.parse(parsed), parsed);
    assert.ok(parts.length > 3);
  });

  test('parse gives the arguments of calls, and all choices are obeyed', async () => {
    const tools = [weather, clock];
    // One call: a small model may make more until its tokens end.
    const one = { ...ask, tools, tool_choice: 'required' as const, parallel_tool_calls: false };
    const required = await client.chat.completions.parse(one);
    assert.equal(required.choices[0]?.finish_reason, 'tool_calls');
    assert.equal(required.choices[0].message.content, null);
    for (const { function: called } of required.choices[0].message.tool_calls ?? []) {
      (called.name === 'weather' ? place : z.object({})).parse(called.parsed_arguments);
    }
    const chosen = await client.chat.completions.parse({ ...ask, tools, tool_choice: named });
    assert.deepEqual(
      chosen.choices[0]?.message.tool_calls?.map(({ function: called }) => called.name),
      ['weather'],
    );
    for (const choice of ['none', 'auto'] as const) {
      const { choices } = await client.chat.completions.create({ ...ask, tools, tool_choice: choice });
      const [answer] = choices;
      const calls = answer?.message.tool_calls?.length ?? 0;
      assert.ok(choice === 'none' ? calls === 0 : calls > 0 || typeof answer?.message.content === 'string');
    }
  });

  test('the pieces of a streamed call make the call that is not streamed', async () => {
    const body = { ...ask, temperature: 0, tools: [weather], tool_choice: named };
    const whole = await client.chat.completions.create(body);
    const stream = client.chat.completions.stream(body);
    const done: string[] = [];
    stream.on('tool_calls.function.arguments.done', ({ name, arguments: given }) => done.push(`${name} ${given}`));
    const final = await stream.finalChatCompletion();
    const called = ({ choices }: OpenAI.ChatCompletion): string[] =>
      (choices[0]?.message.tool_calls ?? []).map((one) =>
        one.type === 'function' ? `${one.function.name} ${one.function.arguments}` : one.type,
      );
    assert.equal(called(whole).length, 1);
    assert.deepEqual(called(final), called(whole));
    assert.deepEqual(done, called(whole));
    assert.equal(final.choices[0]?.finish_reason, 'tool_calls');
  });

  test('what cannot be kept is a BadRequestError that names it', async () => {
    const cases: [object, string][] = [
      [{ tools: [{ type: 'function', function: { name: 'two words' } }] }, 'tools[0].function.name'],
      [
        { tools: [weather], tool_choice: { type: 'function', function: { name: 'clock' } } },
        'tool_choice.function.name',
      ],
      [{ messages: [...messages, { role: 'tool', content: 'sunny' }] }, 'messages[1].tool_call_id'],
    ];
    for (const [body, param] of cases) {
      await assert.rejects(client.chat.completions.create({ ...ask, ...body }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.equal(error.param, param);
        return true;
      });
    }
  });
});
