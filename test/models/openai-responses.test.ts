import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { onBothServers } from '../support/openai-server.ts';

const ask = { model: 'any', temperature: 0, max_output_tokens: 24 };

onBothServers({ storedResponses: 2 }, (server) => {
  test('a conversation that goes on is not read again: all but its last words are cached', async () => {
    const input = 'Tell me about the river Danube, where it begins and through which countries it flows.';
    const first = await server.client.responses.create({ ...ask, input });
    const next = { ...ask, input: 'And where does it end?', previous_response_id: first.id };
    const { input_tokens: counted } = await server.client.responses.inputTokens.count({
      model: 'any',
      input: next.input,
      previous_response_id: first.id,
    });
    const second = await server.client.responses.create(next);
    const read = first.usage?.total_tokens ?? 0;
    assert.equal(second.usage?.input_tokens, counted);
    // The end of the first turn is not decoded, and its text may be tokenized differently where it was cut off.
    const cached = second.usage.input_tokens_details.cached_tokens;
    assert.ok(cached >= read - 4, `${cached} of ${read} tokens`);
  });

  test('a stream joins to the response that is stored', async () => {
    const stream = server.client.responses.stream({ ...ask, input: 'Name three colours.' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => (text += delta));
    const final = await stream.finalResponse();
    assert.equal(text, final.output_text);
    assert.ok(text.length > 0);
    assert.equal((await server.client.responses.retrieve(final.id)).output_text, text);
  });

  test('a forced call has arguments that parse, and its output goes back by previous_response_id', async () => {
    const tool = zodResponsesFunction({
      name: 'get_weather',
      parameters: z.object({ city: z.enum(['Rome', 'Oslo']) }),
    });
    const asked = {
      ...ask,
      input: 'How is the weather in Rome?',
      tools: [tool],
      max_output_tokens: 64,
      parallel_tool_calls: false,
    };
    const first = await server.client.responses.parse({ ...asked, tool_choice: 'required' });
    const called = first.output.find((item) => item.type === 'function_call');
    assert.ok(called?.parsed_arguments !== null && called?.name === 'get_weather');
    const input = [{ type: 'function_call_output' as const, call_id: called.call_id, output: 'Sunny.' }];
    const second = await server.client.responses.create({ ...asked, input, previous_response_id: first.id });
    assert.ok(second.output.length > 0);
    const read = first.usage?.input_tokens ?? 0;
    const cached = second.usage?.input_tokens_details.cached_tokens ?? 0;
    assert.ok(cached >= read, `${cached} of ${read} tokens`);
  });

  test('an answer keeps to its schema, and log probabilities join to it', async () => {
    const format = zodTextFormat(z.object({ colour: z.enum(['red', 'green']) }), 'answer');
    const parsed = await server.client.responses.parse({
      ...ask,
      input: 'Red or green?',
      text: { format },
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
    });
    assert.ok(['red', 'green'].includes(parsed.output_parsed?.colour ?? ''));
    const [part] = parsed.output.flatMap((item) => (item.type === 'message' ? item.content : []));
    assert.ok(part?.type === 'output_text');
    assert.equal((part.logprobs ?? []).map(({ token }) => token).join(''), part.text);
    for (const { logprob, top_logprobs: top } of part.logprobs ?? []) {
      assert.ok(logprob <= 0);
      assert.equal(top.length, 2);
    }
  });

  test('the server keeps as many as its settings say', async () => {
    const ids: string[] = [];
    for (const input of ['One', 'Two', 'Three']) {
      ids.push((await server.client.responses.create({ ...ask, input, max_output_tokens: 1 })).id);
    }
    const [gone = '', ...there] = ids;
    await assert.rejects(server.client.responses.retrieve(gone), /404 .*2 responses .*--stored-responses/);
    for (const id of there) assert.equal((await server.client.responses.retrieve(id)).status, 'incomplete');
  });
});
