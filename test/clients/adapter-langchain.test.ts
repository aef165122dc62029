import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { z } from 'zod';
import { ChatHearth, HearthEmbeddings } from '../../src/adapters/langchain.ts';
import type { LocalModel } from '../../src/contract/local-model.ts';
import { onBothEngines } from '../support/engines.ts';
import { loadChat, loadVectors } from '../support/library-models.ts';
import { tinyDimensions } from '../support/tiny-vectors.ts';

const question = [new SystemMessage('Answer in one sentence.'), new HumanMessage('What is the capital of France?')];

const counts = z.object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() });

const weather = tool(async ({ city }) => `It rains in ${city}.`, {
  name: 'weather',
  description: 'The weather of a city.',
  schema: z.object({ city: z.enum(['Rome', 'Oslo']) }),
});

onBothEngines((engine) => {
  let model: LocalModel;
  let vectors: LocalModel;
  before(async () => {
    model = await loadChat(engine);
    vectors = await loadVectors(engine);
  });
  after(() => Promise.all([model.dispose(), vectors.dispose()]));

  function chat(maxTokens = 16): ChatHearth {
    return new ChatHearth({ model, temperature: 0, maxTokens });
  }

  test('invoke gives a message with its usage', async () => {
    const message = await chat().invoke(question);
    assert.match(message.text, /\S/);
    assert.ok(['stop', 'length'].includes(String(message.response_metadata['finish_reason'])));
    const usage = counts.parse(message.usage_metadata);
    assert.ok(usage.input_tokens > 0 && usage.output_tokens <= 16);
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
  });

  test('stream gives the same text in pieces, with the usage', async () => {
    const whole = await chat().invoke(question);
    const pieces: string[] = [];
    let output = 0;
    for await (const chunk of await chat().stream(question)) {
      pieces.push(chunk.text);
      if (chunk.usage_metadata !== undefined) output += counts.parse(chunk.usage_metadata).output_tokens;
    }
    assert.ok(pieces.filter((piece) => piece !== '').length > 3);
    assert.equal(pieces.join(''), whole.text);
    assert.equal(output, counts.parse(whole.usage_metadata).output_tokens);
  });

  test('a batch answers each of its inputs, and stop and signal are kept to', async () => {
    const answers = await chat().batch(['One?', 'Two?', 'Three?']);
    assert.ok(answers.length === 3 && answers.every(({ text }) => text !== ''));
    const whole = (await chat().invoke(question)).text;
    const stop = whole.slice(5, 8);
    assert.equal((await chat().invoke(question, { stop: [stop] })).text, whole.slice(0, whole.indexOf(stop)));
    const controller = new AbortController();
    const call = chat(1000).invoke(question, { signal: controller.signal });
    controller.abort();
    await assert.rejects(call);
  });

  test('bound tools are called with arguments of their schema, whole and streamed, and results are read', async () => {
    const bound = chat(48).bindTools([weather], { tool_choice: 'weather' });
    const asked = [new HumanMessage('How is the weather in Oslo?')];
    const message = await bound.invoke(asked);
    const [call] = message.tool_calls ?? [];
    assert.equal(call?.name, 'weather');
    assert.ok(['Rome', 'Oslo'].includes(String(call?.args['city'])));
    let streamed: typeof message | undefined;
    for await (const chunk of await bound.stream(asked))
      streamed = streamed === undefined ? chunk : streamed.concat(chunk);
    assert.deepEqual(streamed?.tool_calls?.[0]?.args, call?.args);
    const several = await chat(48).bindTools([weather], { tool_choice: 'any' }).invoke(asked);
    assert.ok((several.tool_calls?.length ?? 0) + (several.invalid_tool_calls?.length ?? 0) > 0);
    const result = new ToolMessage({ content: 'It rains.', tool_call_id: call?.id ?? '', name: 'weather' });
    const answer = await chat()
      .bindTools([weather], { tool_choice: 'none' })
      .invoke([...asked, message, result]);
    assert.match(answer.text, /\S/);
  });

  test('withStructuredOutput gives an object of a zod schema or a JSON Schema, raw too', async () => {
    const person = z.object({ name: z.string().max(12), age: z.int().min(0).max(120) });
    const warm = new ChatHearth({ model, temperature: 1, seed: 4, maxTokens: 100 });
    const object = await warm.withStructuredOutput(person).invoke('Describe a person.');
    assert.deepEqual(person.parse(object), object);
    const schema = {
      type: 'object',
      properties: { city: { enum: ['Rome', 'Oslo'] } },
      required: ['city'],
      additionalProperties: false,
    };
    const both = await warm.withStructuredOutput<{ city: string }>(schema, { includeRaw: true }).invoke('Name a city.');
    assert.ok(['Rome', 'Oslo'].includes(both.parsed.city));
    assert.match(both.raw.text, /city/);
  });

  test('embeddings give a vector for each text', async () => {
    const embeddings = new HearthEmbeddings({ model: vectors });
    const [one] = await embeddings.embedDocuments(['one', 'two']);
    assert.equal(one?.length, tinyDimensions[engine.format]);
    assert.deepEqual(await embeddings.embedQuery('one'), one);
    assert.deepEqual(await embeddings.embedDocuments([]), []);
  });

  test('what is refused is thrown in a sentence', async () => {
    await assert.rejects(chat(5000).invoke(question), /5000/);
    const image = new HumanMessage({ content: [{ type: 'image_url', image_url: 'http://x/1.png' }] });
    await assert.rejects(chat().invoke([image]), /read text only; leave the image_url out/);
  });
});
