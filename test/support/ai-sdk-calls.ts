import assert from 'node:assert/strict';
import {
  embedMany,
  generateObject,
  generateText,
  streamText,
  tool,
  type EmbeddingModel,
  type LanguageModel,
  type Tool,
} from 'ai';
import { z } from 'zod';

export const ask = { prompt: 'What is the capital of France?', temperature: 0, maxOutputTokens: 16, maxRetries: 0 };
export const person = z.object({
  name: z.string().max(12),
  age: z.int().min(0).max(120),
  city: z.enum(['Rome', 'Oslo']),
});
export const described = {
  ...ask,
  prompt: 'Describe a person.',
  maxOutputTokens: 100,
  temperature: 1,
  schema: person,
};

export interface Place {
  city: 'Rome' | 'Oslo';
}

/** A tool that tells the weather of two cities. */
export function weatherTool(execute: (place: Place) => Promise<unknown>): Tool<Place, unknown> {
  return tool({
    description: 'The weather of a city.',
    inputSchema: z.object({ city: z.enum(['Rome', 'Oslo']) }),
    execute,
  });
}

/** Asserts that a model called `chat` gives a text, what it took, and why it ended. */
export async function assertText(model: LanguageModel): Promise<void> {
  const { text, usage, finishReason, response } = await generateText({ ...ask, model });
  assert.match(text, /\S/);
  assert.ok(['stop', 'length'].includes(finishReason));
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 17) <= 16);
  assert.equal(usage.totalTokens, (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
  assert.equal(response.modelId, 'chat');
}

/** Asserts that a stream has the text, the usage and the end that an answer in one piece has. */
export async function assertStreamedText(model: LanguageModel): Promise<void> {
  const whole = await generateText({ ...ask, model });
  const stream = streamText({ ...ask, model });
  const pieces: string[] = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join(''), whole.text);
  assert.equal(await stream.finishReason, whole.finishReason);
  const { inputTokens, outputTokens } = await stream.usage;
  assert.deepEqual([inputTokens, outputTokens], [whole.usage.inputTokens, whole.usage.outputTokens]);
}

/** Asserts that objects keep to their schema, at temperature 1. */
export async function assertObjects(model: LanguageModel): Promise<void> {
  for (const seed of [1, 2]) {
    const { object, finishReason } = await generateObject({ ...described, seed, model });
    assert.deepEqual(person.parse(object), object);
    assert.equal(finishReason, 'stop');
  }
}

/** Asserts that a call that is required is streamed, argument by argument, and that its result comes. */
export async function assertStreamedCall(model: LanguageModel): Promise<void> {
  const stream = streamText({
    ...ask,
    model,
    prompt: 'How is the weather in Oslo?',
    maxOutputTokens: 60,
    tools: { weather: weatherTool(async () => ({ sky: 'clear', degrees: 21 })) },
    toolChoice: { type: 'tool', toolName: 'weather' },
  });
  const types: string[] = [];
  for await (const part of stream.fullStream) types.push(part.type);
  assert.ok(!types.includes('error') && !types.includes('tool-error'), types.join());
  assert.ok(types.filter((type) => type === 'tool-input-delta').length > 1, types.join());
  for (const type of ['tool-input-start', 'tool-input-end', 'tool-call', 'tool-result', 'finish'])
    assert.ok(types.includes(type), type);
  assert.equal((await stream.toolCalls).length, 1);
  assert.equal(await stream.finishReason, 'tool-calls');
}

/** Asserts that each text gets a vector with so many numbers. */
export async function assertVectors(model: EmbeddingModel, dimensions: number): Promise<void> {
  const { embeddings, usage } = await embedMany({ model, values: ['one text', 'and another'] });
  assert.deepEqual(
    embeddings.map(({ length }) => length),
    [dimensions, dimensions],
  );
  assert.ok(usage.tokens > 0);
}
