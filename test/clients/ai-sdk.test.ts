import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, stepCountIs, streamObject } from 'ai';
import {
  ask,
  assertObjects,
  assertStreamedCall,
  assertStreamedText,
  assertText,
  assertVectors,
  described,
  person,
  weatherTool,
  type Place,
} from '../support/ai-sdk-calls.ts';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';

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

  test('generateText gives the text, the usage and the reason of its end', () => assertText(provider('chat')));

  test('streamText gives the same text in pieces, with the usage', () => assertStreamedText(provider('chat')));

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

  test('generateObject gives an object of its schema, at temperature 1', () => assertObjects(provider('chat')));

  test('streamObject gives growing parts of an object of its schema', async () => {
    const stream = streamObject({ ...described, seed: 3, model: provider('chat') });
    let parts = 0;
    for await (const part of stream.partialObjectStream) parts += Object.keys(part).length > 0 ? 1 : 0;
    assert.ok(parts > 1);
    person.parse(await stream.object);
  });

  test('generateText calls a tool and goes on with its result', async () => {
    const asked: Place[] = [];
    const weather = weatherTool(async (place) => {
      asked.push(place);
      return { sky: 'clear', degrees: 21 };
    });
    const { steps, text } = await generateText({
      ...ask,
      model: provider('chat'),
      prompt: 'How is the weather in Rome?',
      maxOutputTokens: 60,
      tools: { weather },
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

  test('streamText streams a call that is required, argument by argument', () => assertStreamedCall(provider('chat')));

  test('embedMany gives a vector for each text', () =>
    assertVectors(provider.embeddingModel('vectors'), server.dimensions));
});
