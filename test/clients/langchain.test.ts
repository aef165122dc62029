import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const question = [new SystemMessage('Answer in one sentence.'), new HumanMessage('What is the capital of France?')];
const usage = z.object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() });

let server: ServerProcess;
before(async () => {
  server = await startServer(['--context-size', '2048', '--prefix-reuse', 'off']);
});
after(async () => assert.equal(await server.stop(), 0));

function chat(maxTokens = 16): ChatOpenAI {
  return new ChatOpenAI({
    model: 'any',
    apiKey: 'none',
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
