import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';

const question = [new SystemMessage('Answer in one sentence.'), new HumanMessage('What is the capital of France?')];
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() });

const weather = tool(async ({ city }) => `It is clear in ${city}.`, {
  name: 'weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.enum(['Rome', 'Oslo']) }),
});

onBothEngines((model) => {
  let server: ClientServer;
  before(async () => {
    server = await startForClients(model);
  });
  after(async () => assert.equal(await server.stop(), 0));

  function chat(maxTokens = 16, useResponsesApi = false): ChatOpenAI {
    return new ChatOpenAI({
      useResponsesApi,
      model: 'chat',
      apiKey,
      temperature: 0,
      maxTokens,
      maxRetries: 0,
      configuration: { baseURL: `${server.url}/v1` },
    });
  }

  test('invoke gives a message with its usage', async () => {
    const message = await chat().invoke(question);
    assert.match(message.text, /\S/);
    assert.ok(['stop', 'length'].includes(String(message.response_metadata['finish_reason'])));
    const counted = usage.parse(message.usage_metadata);
    assert.ok(counted.input_tokens > 0 && counted.output_tokens > 0 && counted.output_tokens <= 16);
    assert.equal(counted.total_tokens, counted.input_tokens + counted.output_tokens);
  });

  test('stream gives the same text in pieces, with the usage', async () => {
    const whole = await chat().invoke(question);
    const pieces: string[] = [];
    const counts: unknown[] = [];
    for await (const chunk of await chat().stream(question)) {
      pieces.push(chunk.text);
      if (chunk.usage_metadata !== undefined) counts.push(usage.parse(chunk.usage_metadata));
    }
    assert.ok(pieces.filter((piece) => piece !== '').length > 3);
    assert.equal(pieces.join(''), whole.text);
    assert.deepEqual(counts, [usage.parse(whole.usage_metadata)]);
  });

  test('a batch answers each of its inputs', async () => {
    const answers = await chat().batch(['One?', 'Two?', 'Three?']);
    assert.ok(answers.length === 3 && answers.every(({ text }) => text !== ''));
  });

  test('what is refused is thrown with its status and parameter', async () => {
    await assert.rejects(chat(5000).invoke(question), (error: Error & { status?: number; param?: string }) => {
      assert.equal(error.status, 400);
      assert.match(error.message, /5000/);
      return true;
    });
  });

  test('bindTools forces calls whose arguments fit, and takes their results', async () => {
    const ask = [new HumanMessage('How is the weather in Rome?')];
    for (const choice of ['weather', 'required']) {
      const bound = chat(80).bindTools([weather], { tool_choice: choice, parallel_tool_calls: false });
      const asked = await bound.invoke(ask);
      assert.equal(asked.response_metadata['finish_reason'], 'tool_calls');
      assert.deepEqual(asked.invalid_tool_calls, []);
      const [call] = asked.tool_calls ?? [];
      assert.ok(call !== undefined && asked.tool_calls?.length === 1);
      assert.equal(call.name, 'weather');
      const result: unknown = await weather.invoke({ ...call, type: 'tool_call' });
      assert.ok(result instanceof ToolMessage);
      const answer = await chat().invoke([...ask, asked, result]);
      assert.match(answer.text, /\S/);
    }
  });

  test('stream puts the pieces of a call together', async () => {
    const bound = chat(80).bindTools([weather], { tool_choice: 'weather' });
    let whole: Awaited<ReturnType<typeof bound.invoke>> | undefined;
    let pieces = 0;
    for await (const chunk of await bound.stream('How is the weather in Oslo?')) {
      pieces += chunk.tool_call_chunks?.length ?? 0;
      whole = whole === undefined ? chunk : whole.concat(chunk);
    }
    assert.ok(pieces > 1);
    assert.equal(whole?.tool_calls?.length, 1);
    assert.match(String(whole.tool_calls[0]?.args['city']), /^(Rome|Oslo)$/);
  });

  test('withStructuredOutput gives an object of its schema by each of its methods', async () => {
    const person = z.object({ name: z.string().max(12), age: z.int().min(0).max(120) });
    for (const method of ['jsonSchema', 'functionCalling'] as const) {
      const got = await chat(100).withStructuredOutput(person, { name: 'person', method }).invoke('Describe Ada.');
      assert.deepEqual(person.parse(got), got);
    }
    const json = await chat(200)
      .withStructuredOutput(z.looseObject({}), { method: 'jsonMode' })
      .invoke('Describe Ada in JSON, briefly.')
      .catch((error: unknown) => error);
    // A model of this size may not find an end; what is cut off doesn't parse.
    assert.ok(!(json instanceof Error) || /parse/i.test(json.message), String(json));
  });

  test('embeddings come for queries and documents', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'vectors',
      apiKey,
      configuration: { baseURL: `${server.url}/v1` },
    });
    assert.equal((await embeddings.embedQuery('one text')).length, server.dimensions);
    const documents = await embeddings.embedDocuments(['one text', 'and another']);
    assert.deepEqual(
      documents.map(({ length }) => length),
      [server.dimensions, server.dimensions],
    );
  });

  test('the same works over responses', async () => {
    const message = await chat(16, true).invoke(question);
    assert.match(message.text, /\S/);
    let text = '';
    for await (const chunk of await chat(16, true).stream(question)) text += chunk.text;
    assert.equal(text, message.text);
    const bound = chat(80, true).bindTools([weather], { tool_choice: 'weather' });
    const { tool_calls: calls = [] } = await bound.invoke('How is the weather in Rome?');
    assert.match(String(calls[0]?.args['city']), /^(Rome|Oslo)$/);
  });
});
