import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { embedMany, generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { createHearth, type HearthProvider } from '../../src/adapters/ai-sdk.ts';
import type { LocalModel } from '../../src/contract/local-model.ts';
import { onBothEngines } from '../support/engines.ts';
import { loadChat, loadVectors } from '../support/library-models.ts';
import { tinyDimensions } from '../support/tiny-vectors.ts';

const ask = { prompt: 'What is the capital of France?', temperature: 0, maxOutputTokens: 16, maxRetries: 0 };

const person = z.object({ name: z.string().max(12), age: z.int().min(0).max(120), city: z.enum(['Rome', 'Oslo']) });

const weather = tool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.enum(['Rome', 'Oslo']) }),
  execute: async ({ city }) => `It rains in ${city}.`,
});

onBothEngines((engine) => {
  let models: LocalModel[];
  let provider: HearthProvider;
  before(async () => {
    models = [await loadChat(engine), await loadVectors(engine)];
    provider = createHearth(models);
  });
  after(() => Promise.all(models.map((model) => model.dispose())));

  test('generateText gives the text, the usage and the reason of its end', async () => {
    const { text, usage, finishReason, response } = await generateText({ ...ask, model: provider('chat') });
    assert.match(text, /\S/);
    assert.ok(['stop', 'length'].includes(finishReason));
    assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 17) <= 16);
    assert.equal(usage.totalTokens, (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
    assert.equal(response.modelId, 'chat');
  });

  test('streamText gives the same text in pieces, with the usage', async () => {
    const whole = await generateText({ ...ask, model: provider() });
    const stream = streamText({ ...ask, model: provider() });
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    assert.ok(pieces.length > 3);
    assert.equal(pieces.join(''), whole.text);
    assert.equal(await stream.finishReason, whole.finishReason);
    assert.equal((await stream.usage).outputTokens, whole.usage.outputTokens);
  });

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

  test('generateObject gives an object of its schema, at temperature 1', async () => {
    const described = { ...ask, prompt: 'Describe a person.', maxOutputTokens: 100, temperature: 1, schema: person };
    for (const seed of [1, 2]) {
      const { object } = await generateObject({ ...described, seed, model: provider('chat') });
      assert.deepEqual(person.parse(object), object);
    }
  });

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

  test('a tool call is streamed', async () => {
    const stream = streamText({
      ...ask,
      prompt: 'How is the weather in Oslo?',
      maxOutputTokens: 48,
      tools: { weather },
      toolChoice: { type: 'tool', toolName: 'weather' },
      model: provider('chat'),
    });
    const types = new Set<string>();
    for await (const part of stream.fullStream) types.add(part.type);
    for (const type of ['tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call', 'tool-result', 'finish'])
      assert.ok(types.has(type), type);
  });

  test('embedMany gives a vector for each text', async () => {
    const { embeddings, usage } = await embedMany({
      model: provider.embeddingModel('vectors'),
      values: ['one', 'two'],
    });
    assert.deepEqual(
      embeddings.map(({ length }) => length),
      [tinyDimensions[engine.format], tinyDimensions[engine.format]],
    );
    assert.ok(usage.tokens > 0);
  });

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
