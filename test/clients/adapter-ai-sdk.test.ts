import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { generateText, stepCountIs, streamText } from 'ai';
import { createHearth, type HearthProvider } from '../../src/adapters/ai-sdk.ts';
import type { LocalModel } from '../../src/contract/local-model.ts';
import {
  ask,
  assertObjects,
  assertStreamedCall,
  assertStreamedText,
  assertText,
  assertVectors,
  weatherTool,
} from '../support/ai-sdk-calls.ts';
import { onBothEngines } from '../support/engines.ts';
import { loadChat, loadVectors } from '../support/library-models.ts';
import { tinyDimensions } from '../support/tiny-vectors.ts';

const weather = weatherTool(async ({ city }) => `It rains in ${city}.`);

onBothEngines((engine) => {
  let models: LocalModel[];
  let provider: HearthProvider;
  before(async () => {
    models = [await loadChat(engine), await loadVectors(engine)];
    provider = createHearth(models);
  });
  after(() => Promise.all(models.map((model) => model.dispose())));

  test('generateText gives the text, the usage and the reason of its end', () => assertText(provider('chat')));

  test('streamText gives the same text in pieces, with the usage', () => assertStreamedText(provider()));

  test('a stream that is left stops the work', async () => {
    const stream = streamText({ ...ask, maxOutputTokens: 1000, model: provider('chat') });
    for await (const piece of stream.textStream) if (piece !== '') break;
    const controller = new AbortController();
    const other = generateText({
      ...ask,
      maxOutputTokens: 1000,
      model: provider('chat'),
      abortSignal: controller.signal,
    });
    controller.abort();
    await assert.rejects(other, { code: 'aborted' });
  });

  test('generateObject gives an object of its schema, at temperature 1', () => assertObjects(provider('chat')));

  test('a tool is called with arguments of its schema, and its result is read', async () => {
    const asked = { ...ask, prompt: 'How is the weather in Oslo?', maxOutputTokens: 48, tools: { weather } };
    const { steps } = await generateText({
      ...asked,
      model: provider('chat'),
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({
        toolChoice: stepNumber === 0 ? { type: 'tool', toolName: 'weather' } : 'none',
      }),
    });
    assert.equal(steps.length, 2);
    assert.equal(steps[0]?.finishReason, 'tool-calls');
    assert.match(String(steps[0]?.toolResults[0]?.output), /^It rains in (Rome|Oslo)\.$/);
    assert.match(steps[1]?.text ?? '', /\S/);
  });

  test('a tool call is streamed', () => assertStreamedCall(provider('chat')));

  test('embedMany gives a vector for each text', () =>
    assertVectors(provider.embeddingModel('vectors'), tinyDimensions[engine.format]));

  test('what is refused is thrown in a sentence, also by a stream', async () => {
    const tooLong = { ...ask, maxOutputTokens: 5000, model: provider('chat') };
    await assert.rejects(generateText(tooLong), /5000/);
    const errors: unknown[] = [];
    await streamText({ ...tooLong, onError: ({ error }) => void errors.push(error) }).consumeStream();
    assert.match(String(errors[0]), /5000/);
    assert.throws(() => provider('other'), /There is no model other; there are: chat, vectors\./);
    const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, image: new Uint8Array([1]) }] }];
    await assert.rejects(generateText({ messages, maxRetries: 0, model: provider('chat') }), /read text only/);
  });
});
