import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from 'ai';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';

const prompt = 'What is the capital of France?';
const ask = { prompt, temperature: 0, maxOutputTokens: 16, maxRetries: 0 };

const person = z.object({ name: z.string().max(12), age: z.int().min(0).max(120), city: z.enum(['Rome', 'Oslo']) });
const described = { ...ask, prompt: 'Describe a person.', maxOutputTokens: 100, temperature: 1, schema: person };

function weather(asked: unknown[]) {
  return tool({
    description: 'The weather of a city.',
    inputSchema: z.object({ city: z.enum(['Rome', 'Oslo']) }),
    execute: async (input) => {
      asked.push(input);
      return { sky: 'clear', degrees: 21 };
    },
  });
}

onBothEngines((chat) => {
  let server: ClientServer;
  let provider: OpenAICompatibleProvider;
  before(async () => {
    server = await startForClients(chat);
    provider = createOpenAICompatible({
      name: 'hearth',
      baseURL: `${server.url}/v1`,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  });
  after(async () => assert.equal(await server.stop(), 0));

  test('generateText gives the text, the usage and the reason of its end', async () => {
    const { text, usage, finishReason, response } = await generateText({ ...ask, model: provider('chat') });
    assert.match(text, /\S/);
    assert.ok(['stop', 'length'].includes(finishReason));
    assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 17) <= 16);
    assert.equal(usage.totalTokens, (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
    assert.equal(response.modelId, 'chat');
  });

  test('streamText gives the same text in pieces, with the usage', async () => {
    const whole = await generateText({ ...ask, model: provider('chat') });
    const stream = streamText({ ...ask, model: provider('chat') });
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    assert.ok(pieces.length > 3);
    assert.equal(pieces.join(''), whole.text);
    assert.equal(await stream.finishReason, whole.finishReason);
    const { inputTokens, outputTokens } = await stream.usage;
    assert.deepEqual([inputTokens, outputTokens], [whole.usage.inputTokens, whole.usage.outputTokens]);
  });

  test('a completion model writes on', async () => {
    const { text } = await generateText({
      ...ask,
      prompt: 'The capital of France is',
      model: provider.completionModel('chat'),
    });
    assert.ok(text.length > 0);
  });

  test('a refused request is an APICallError with its status and message', async () => {
    const tooLong = generateText({ ...ask, maxOutputTokens: 5000, model: provider('chat') });
    await assert.rejects(tooLong, (error) => {
      assert.ok(APICallError.isInstance(error));
      assert.equal(error.statusCode, 400);
      assert.equal(error.isRetryable, false);
      assert.match(error.message, /5000/);
      return true;
    });
    const stranger = createOpenAICompatible({ name: 'hearth', baseURL: `${server.url}/v1`, apiKey: 'wrong' });
    await assert.rejects(generateText({ ...ask, model: stranger('chat') }), (error) => {
      assert.ok(APICallError.isInstance(error));
      assert.equal(error.statusCode, 401);
      return true;
    });
  });

  test('generateObject gives an object of its schema, at temperature 1', async () => {
    for (const seed of [1, 2]) {
      const { object, finishReason } = await generateObject({ ...described, seed, model: provider('chat') });
      assert.deepEqual(person.parse(object), object);
      assert.equal(finishReason, 'stop');
    }
  });

  test('streamObject gives growing parts of an object of its schema', async () => {
    const stream = streamObject({ ...described, seed: 3, model: provider('chat') });
    let parts = 0;
    for await (const part of stream.partialObjectStream) parts += Object.keys(part).length > 0 ? 1 : 0;
    assert.ok(parts > 1);
    person.parse(await stream.object);
  });

  test('generateText calls a tool and goes on with its result', async () => {
    const asked: unknown[] = [];
    const { steps, text } = await generateText({
      ...ask,
      model: provider('chat'),
      prompt: 'How is the weather in Rome?',
      maxOutputTokens: 60,
      tools: { weather: weather(asked) },
      prepareStep: ({ stepNumber }) => ({
        toolChoice: stepNumber === 0 ? { type: 'tool', toolName: 'weather' } : 'none',
      }),
      stopWhen: stepCountIs(2),
    });
    assert.deepEqual(steps.map(({ finishReason }) => finishReason)[0], 'tool-calls');
    assert.equal(asked.length, 1);
    assert.equal(steps[0]?.toolCalls[0]?.toolName, 'weather');
    assert.deepEqual(steps[0].toolResults[0]?.output, { sky: 'clear', degrees: 21 });
    assert.equal(steps.length, 2);
    assert.match(text, /\S/);
  });

  test('streamText streams a call that is required, argument by argument', async () => {
    const stream = streamText({
      ...ask,
      model: provider('chat'),
      prompt: 'How is the weather in Oslo?',
      maxOutputTokens: 60,
      tools: { weather: weather([]) },
      toolChoice: { type: 'tool', toolName: 'weather' },
    });
    const types: string[] = [];
    for await (const part of stream.fullStream) types.push(part.type);
    assert.ok(!types.includes('error') && !types.includes('tool-error'), types.join());
    assert.ok(types.filter((type) => type === 'tool-input-delta').length > 1, types.join());
    assert.equal((await stream.toolCalls).length, 1);
    assert.equal(await stream.finishReason, 'tool-calls');
  });

  test('embedMany gives a vector for each text', async () => {
    const model = provider.embeddingModel('vectors');
    const { embeddings, usage } = await embedMany({ model, values: ['one text', 'and another'] });
    assert.deepEqual(
      embeddings.map(({ length }) => length),
      [server.dimensions, server.dimensions],
    );
    assert.ok(usage.tokens > 0);
  });
});
