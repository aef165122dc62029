import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat, zodFunction } from 'openai/helpers/zod';
import { z } from 'zod';
import { end, FakeModel, start } from '../support/fake-model.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { until, withServer } from '../support/server.ts';

const call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>';
const messages = [{ role: 'user' as const, content: 'Weather?' }];
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

function client(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'one', maxRetries: 0 });
}

test('the openai package runs tools to their end, streaming or not', async () => {
  for (const stream of [false, true]) {
    const { model, requests, promptOf } = scriptedModel({ turns: [`I look.\n${call}`, 'It is sunny.'] });
    await withServer({ models: [model] }, async ({ url }) => {
      const asked: unknown[] = [];
      const runnable = {
        type: 'function' as const,
        function: {
          function: (given: { city: string }) => {
            asked.push(given);
            return 'sunny';
          },
          parse: (text: string) => JSON.parse(text) as { city: string },
          description: 'The weather of a city.',
          parameters: tools[0]?.function.parameters ?? {},
          name: 'get_weather',
        },
      };
      const { completions } = client(url).chat;
      const runner = stream
        ? completions.runTools({ model: 'x', messages, tools: [runnable], stream: true })
        : completions.runTools({ model: 'x', messages, tools: [runnable] });
      assert.equal(await runner.finalContent(), 'It is sunny.');
      assert.deepEqual(asked, [{ city: 'Rome' }]);
      const [, second] = requests;
      assert.match(promptOf(second), /assistant: I look\.\n<tool_call>\n\{"name": "get_weather"[^]*sunny/);
    });
  }
});

test('the openai package puts streamed calls together', async () => {
  const { model } = scriptedModel({ turns: [`${call}\n${call.replace('Rome', 'Oslo')}`] });
  await withServer({ models: [model] }, async ({ url }) => {
    const stream = client(url).chat.completions.stream({
      model: 'x',
      messages,
      tools,
      stream_options: { include_usage: true },
    });
    const done: string[] = [];
    stream.on('tool_calls.function.arguments.done', (event) => done.push(`${event.index} ${event.arguments}`));
    const final = await stream.finalChatCompletion();
    const [choice] = final.choices;
    assert.equal(choice?.finish_reason, 'tool_calls');
    assert.deepEqual(
      choice.message.tool_calls?.map((one) => one.type === 'function' && one.function.arguments),
      ['{"city": "Rome"}', '{"city": "Oslo"}'],
    );
    assert.equal(new Set(choice.message.tool_calls?.map(({ id }) => id)).size, 2);
    assert.deepEqual(done, ['0 {"city": "Rome"}', '1 {"city": "Oslo"}']);
    assert.ok((final.usage?.completion_tokens ?? 0) > 20);
  });
});

test('the openai package parses answers and arguments with zod', async () => {
  const Person = z.object({ name: z.string(), age: z.int() });
  const { model } = scriptedModel({ turns: ['{"name": "Ada", "age": 36}'] });
  await withServer({ models: [model] }, async ({ url }) => {
    const { choices } = await client(url).chat.completions.parse({
      model: 'x',
      messages,
      response_format: zodResponseFormat(Person, 'person'),
    });
    assert.deepEqual(choices[0]?.message.parsed, { name: 'Ada', age: 36 });
  });
  const calling = scriptedModel({ turns: [call] });
  await withServer({ models: [calling.model] }, async ({ url }) => {
    const tool = zodFunction({ name: 'get_weather', parameters: z.object({ city: z.string() }) });
    const { choices } = await client(url).chat.completions.parse({ model: 'x', messages, tools: [tool] });
    assert.deepEqual(choices[0]?.message.tool_calls?.[0]?.function.parsed_arguments, { city: 'Rome' });
  });
});

test('thoughts are streamed beside the answer, and counted', async () => {
  const template = '{{ messages[0].content }}<think></think>';
  const { model } = scriptedModel({ turns: ['<think>\nHm, well.\n</think>\n\nYes.'], template });
  await withServer({ models: [model] }, async ({ url }) => {
    const whole = await client(url).chat.completions.create({ model: 'x', messages });
    assert.deepEqual(whole.choices[0]?.message, {
      role: 'assistant',
      content: 'Yes.',
      reasoning_content: 'Hm, well.',
      refusal: null,
    });
    assert.ok((whole.usage?.completion_tokens_details?.reasoning_tokens ?? 0) >= 'Hm, well.'.length);
    const stream = await client(url).chat.completions.create({ model: 'x', messages, stream: true });
    let thoughts = '';
    let answer = '';
    for await (const { choices } of stream) {
      const delta: { content?: string | null; reasoning_content?: string } | undefined = choices[0]?.delta;
      thoughts += delta?.reasoning_content ?? '';
      answer += delta?.content ?? '';
    }
    assert.deepEqual([thoughts, answer], ['Hm, well.', 'Yes.']);
  });
});

test('a stream that is aborted within a call frees its slot', async () => {
  const model = new FakeModel(function* () {
    yield start;
    yield { type: 'tool_call', index: 0, call: 0, id: 'a', name: 'get_weather' };
    for (;;) {
      yield { type: 'tool_call', index: 0, call: 0, id: 'a', argumentsDelta: ' ' };
      yield { type: 'wait', until: new Promise((resolve) => setTimeout(resolve, 5)) };
    }
  });
  await withServer({ model }, async ({ url }) => {
    const stream = await client(url).chat.completions.create({ model: 'x', messages, tools, stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.tool_calls?.[0]?.function?.arguments === ' ') break;
    await until(() => model.running === 0, 'the slot is free');
  });
});

test('the openai package throws its own error for a schema that cannot be kept', async () => {
  const { model } = scriptedModel({ turns: ['x'] });
  await withServer({ models: [model] }, async ({ url }) => {
    const asked = client(url).chat.completions.create({
      model: 'x',
      messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'array', uniqueItems: true } },
      },
    });
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'response_format.json_schema.schema');
      assert.match(error.message, /uniqueItems/);
      return true;
    });
  });
});

test('the log line of a turn that only calls tools has its time to the first token', async () => {
  const calls = [
    start,
    { type: 'tool_call', index: 0, call: 0, id: 'a', name: 'now', completionTokens: 3 } as const,
    ...end(4),
  ];
  await withServer({ model: new FakeModel(() => calls) }, async ({ url, post, lines }) => {
    await (await post('/v1/chat/completions', { messages, tools })).text();
    await until(() => lines.some(({ msg }) => msg === 'request'), 'the line is there');
    const line = lines.find(({ msg }) => msg === 'request');
    assert.equal(line?.['completionTokens'], 4, url);
    assert.equal(typeof line?.['firstTokenMs'], 'number');
  });
});
