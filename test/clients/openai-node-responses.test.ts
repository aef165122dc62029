import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';
import { metric } from '../support/scrape.ts';
import { until } from '../support/server.ts';

const ask = { model: 'chat', input: 'How is the weather in Rome?', temperature: 0, max_output_tokens: 16 };
const place = z.object({ city: z.enum(['Rome', 'Oslo']) });
const weather = zodResponsesFunction({ name: 'weather', description: 'The weather of a city.', parameters: place });

onBothEngines((model) => {
  let server: ClientServer;
  let responses: OpenAI['responses'];
  before(async () => {
    server = await startForClients(model);
    ({ responses } = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 }));
  });
  after(async () => assert.equal(await server.stop(), 0));

  test('a response is made, kept, continued and deleted', async () => {
    const first = await responses.create({ ...ask, instructions: 'Be short.' });
    assert.match(first.output_text, /\S/);
    assert.equal(first.object, 'response');
    assert.ok((first.usage?.output_tokens ?? 17) <= 16);
    assert.equal((await responses.retrieve(first.id)).output_text, first.output_text);
    const second = await responses.create({ ...ask, input: 'And in Oslo?', previous_response_id: first.id });
    assert.equal(second.previous_response_id, first.id);
    assert.ok((second.usage?.input_tokens ?? 0) > (first.usage?.output_tokens ?? 0));
    const { data } = await responses.inputItems.list(second.id);
    assert.equal(data.length, 3);
    await responses.delete(first.id);
    await assert.rejects(responses.retrieve(first.id), OpenAI.NotFoundError);
  });

  test('the events of a stream make the response that is not streamed', async () => {
    const whole = await responses.create(ask);
    const stream = responses.stream(ask);
    const sequence: number[] = [];
    let text = '';
    for await (const event of stream) {
      sequence.push(event.sequence_number);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    assert.deepEqual(
      sequence,
      sequence.map((_number, index) => index),
    );
    const final = await stream.finalResponse();
    assert.equal(text, whole.output_text);
    assert.equal(final.output_text, whole.output_text);
    assert.deepEqual([final.status, final.usage], [whole.status, whole.usage]);
  });

  test('parse gives an answer by its zod schema, streamed too', async () => {
    const format = zodTextFormat(place, 'place');
    const body = { ...ask, max_output_tokens: 60, temperature: 1, text: { format } };
    place.parse((await responses.parse(body)).output_parsed);
    place.parse((await responses.stream(body).finalResponse()).output_parsed);
  });

  test('a function that has to be called is called, and its output answered', async () => {
    const called = { ...ask, max_output_tokens: 80, tools: [weather], parallel_tool_calls: false };
    for (const choice of ['required', { type: 'function', name: 'weather' }] as const) {
      const body = { ...called, tool_choice: choice };
      for (const first of [await responses.parse(body), await responses.stream(body).finalResponse()]) {
        const [call] = first.output;
        assert.ok(call?.type === 'function_call' && first.output.length === 1);
        place.parse(call.parsed_arguments);
        const output = { type: 'function_call_output' as const, call_id: call.call_id, output: 'It is sunny.' };
        const second = await responses.create({
          ...ask,
          input: [output],
          previous_response_id: first.id,
          tools: [weather],
          tool_choice: 'none',
        });
        assert.match(second.output_text, /\S/);
      }
    }
  });

  test('what is refused is a class of the client, and an abort frees the slot', async () => {
    await assert.rejects(responses.create({ ...ask, max_output_tokens: 5000 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.deepEqual([error.code, error.param], ['context_length_exceeded', 'max_output_tokens']);
      return true;
    });
    await assert.rejects(responses.create({ ...ask, model: 'gpt-5' }), OpenAI.NotFoundError);
    const stream = await responses.create({ ...ask, max_output_tokens: 1500, stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') break;
    const headers = { authorization: `Bearer ${apiKey}` };
    await until(async () => (await metric(server.url, 'hearth_slots_busy', headers)) === 0, 'the slot is free');
  });
});
