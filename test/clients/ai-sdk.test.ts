import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, streamText } from 'ai';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const apiKey = 'secret';
const prompt = 'What is the capital of France?';
const ask = { prompt, temperature: 0, maxOutputTokens: 16, maxRetries: 0 };

let server: ServerProcess;
let provider: OpenAICompatibleProvider;
before(async () => {
  server = await startServer(['--context-size', '2048', '--api-key', apiKey, '--prefix-reuse', 'off']);
  provider = createOpenAICompatible({ name: 'hearth', baseURL: `${server.url}/v1`, apiKey, includeUsage: true });
});
after(async () => assert.equal(await server.stop(), 0));

test('generateText gives the text, the usage and the reason of its end', async () => {
  const { text, usage, finishReason, response } = await generateText({ ...ask, model: provider('any') });
  assert.match(text, /\S/);
  assert.ok(['stop', 'length'].includes(finishReason));
  assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 17) <= 16);
  assert.equal(usage.totalTokens, (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
  assert.equal(response.modelId, 'SmolLM2-135M-Instruct.Q4_1');
});

test('streamText gives the same text in pieces, with the usage', async () => {
  const whole = await generateText({ ...ask, model: provider('any') });
  const stream = streamText({ ...ask, model: provider('any') });
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
    model: provider.completionModel('any'),
  });
  assert.ok(text.length > 0);
});

test('a refused request is an APICallError with its status and message', async () => {
  const tooLong = generateText({ ...ask, maxOutputTokens: 5000, model: provider('any') });
  await assert.rejects(tooLong, (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 400);
    assert.equal(error.isRetryable, false);
    assert.match(error.message, /5000/);
    return true;
  });
  const stranger = createOpenAICompatible({ name: 'hearth', baseURL: `${server.url}/v1`, apiKey: 'wrong' });
  await assert.rejects(generateText({ ...ask, model: stranger('any') }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 401);
    return true;
  });
});
