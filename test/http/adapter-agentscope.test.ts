import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { HearthChatModel, type ChatResponse, type HearthChatModelOptions } from '../../src/adapters/agentscope.ts';
import { createLocalModel } from '../../src/library/local-model.ts';
import { end, FakeModel, say, start, type Step } from '../support/fake-model.ts';

const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } }];
const talk = [
  { name: 'system', role: 'system' as const, content: 'Be short.' },
  { name: 'Ann', role: 'user' as const, content: [{ type: 'text', id: '1', text: 'Oslo?' }] },
  {
    name: 'Bob',
    role: 'assistant' as const,
    content: [
      { type: 'thinking', id: '2', thinking: 'Hm.' },
      { type: 'tool_call', id: 'c1', name: 'weather', input: '{"city":"Oslo"}', state: 'finished' },
      { type: 'tool_result', id: 'c1', name: 'weather', output: [{ type: 'text', id: '3', text: 'Rain.' }] },
      { type: 'text', id: '4', text: 'It rains.' },
    ],
  },
  { name: 'Ann', role: 'user' as const, content: 'Sure?' },
];
const script: Step[] = [
  start,
  { type: 'reasoning', index: 0, text: 'Let ' },
  { type: 'reasoning', index: 0, text: 'me see.' },
  say('Yes'),
  say('.'),
  { type: 'tool_call', index: 0, call: 0, id: 'c2', name: 'weather' },
  { type: 'tool_call', index: 0, call: 0, id: 'c2', argumentsDelta: '{"city":' },
  { type: 'tool_call', index: 0, call: 0, id: 'c2', argumentsDelta: '"Rome"}' },
  ...end(9),
];

function model(
  options: Partial<HearthChatModelOptions> = {},
  steps = script,
): { fake: FakeModel; model: HearthChatModel } {
  const fake = new FakeModel(() => steps);
  return { fake, model: new HearthChatModel({ model: createLocalModel(fake), ...options }) };
}

/** The kinds and texts of a response's blocks. */
function said({ content }: ChatResponse): string[] {
  return content.map((block) =>
    block.type === 'text'
      ? `text ${block.text}`
      : block.type === 'thinking'
        ? `thinking ${block.thinking}`
        : `call ${block.name} ${block.input}`,
  );
}

test('yields what is new and returns the whole', async () => {
  const generator = await model().model.call({ messages: talk, tools });
  assert.ok(Symbol.asyncIterator in generator);
  const pieces: string[] = [];
  const ids = new Set<string>();
  let next = await generator.next();
  while (next.done !== true) {
    pieces.push(...said(next.value));
    for (const { id } of next.value.content) ids.add(id);
    next = await generator.next();
  }
  assert.deepEqual(pieces, [
    'thinking Let ',
    'thinking me see.',
    'text Yes',
    'text .',
    'call weather ',
    'call weather {"city":',
    'call weather "Rome"}',
  ]);
  assert.deepEqual(said(next.value), ['thinking Let me see.', 'text Yes.', 'call weather {"city":"Rome"}']);
  assert.deepEqual(
    next.value.content.map(({ id }) => id),
    [...ids],
    'pieces of a block have its id',
  );
  assert.equal(next.value.usage?.inputTokens, 5);
  assert.equal(next.value.usage?.outputTokens, 9);
});

test('without a stream gives the whole, and passes conversation, tools and defaults', async () => {
  const { fake, model: whole } = model({ stream: false, temperature: 0 });
  const response = await whole.call({ messages: talk, tools, toolChoice: 'weather' });
  assert.ok('content' in response);
  assert.deepEqual(said(response).length, 3);
  const [request] = fake.requests;
  assert.ok(request?.prompt.kind === 'chat');
  assert.deepEqual(request.prompt.messages, [
    { role: 'system', name: 'system', content: 'Be short.' },
    { role: 'user', name: 'Ann', content: 'Oslo?' },
    {
      role: 'assistant',
      name: 'Bob',
      content: '',
      reasoning: 'Hm.',
      toolCalls: [{ id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' }],
    },
    { role: 'tool', name: 'weather', toolCallId: 'c1', content: 'Rain.' },
    { role: 'assistant', name: 'Bob', content: 'It rains.' },
    { role: 'user', name: 'Ann', content: 'Sure?' },
  ]);
  assert.deepEqual(request.prompt.tools?.callable, ['weather']);
  assert.equal(request.prompt.tools?.required, true);
  assert.deepEqual(request.sampling, { temperature: 0 });
});

test('callStructured gives an object of the schema', async () => {
  const { fake, model: structured } = model({}, [start, say('{"a":1}'), ...end(5)]);
  const response = await structured.callStructured({ messages: talk, schema: z.object({ a: z.int() }) });
  assert.deepEqual(response.content, { a: 1 });
  assert.equal(response.type, 'structured');
  assert.equal(fake.requests[0]?.format?.kind, 'schema');
});

test('refuses what is no text', async () => {
  const messages = [{ name: 'Ann', role: 'user' as const, content: [{ type: 'data', id: '1' }] }];
  await assert.rejects(model().model.call({ messages }), /leave blocks of the type data out/);
});
