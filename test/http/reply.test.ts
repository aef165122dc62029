import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../support/at.ts';
import { FakeModel, end, say, start } from '../support/fake-model.ts';
import { withServer } from '../support/server.ts';

test('answers /llm/ and /llm with one reply for every AgentScope wrapper', async () => {
  await withServer({}, async ({ post, model }) => {
    for (const path of ['/llm/', '/llm']) {
      const reply = await post(path, { inputs: 'Hi', max_new_tokens: 8 });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8');
      const body: unknown = await reply.json();
      assert.equal(at(body, 'response'), 'Hello world');
      assert.deepEqual(at(body, 'data', 'response', 'choices'), [
        { message: { role: 'assistant', content: 'Hello world' }, finish_reason: 'stop', index: 0 },
      ]);
    }
    assert.deepEqual(model.requests[0]?.prompt, { kind: 'text', text: 'Hi' });
    assert.equal(model.requests[0]?.maxTokens, 8);
  });
});

test('answers hosted inference under one and two path segments, the prompt in front', async () => {
  await withServer({}, async ({ post, model }) => {
    for (const path of ['/models/gpt2', '/models/openai-community/gpt2']) {
      const reply = await post(path, { inputs: 'Say: ' });
      assert.deepEqual(await reply.json(), [{ generated_text: 'Say: Hello world' }]);
    }
    assert.deepEqual(
      model.requests.map((request) => request.model),
      ['gpt2', 'openai-community/gpt2'],
    );
  });
});

test('lists models, and retrieves the one that answers to a name', async () => {
  await withServer({}, async ({ url }) => {
    const entry = {
      id: 'fake',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'hearth',
      state: 'ready',
      status: { value: 'loaded' },
      context_size: 2048,
      format: 'gguf',
      tasks: ['generate'],
      active: 0,
      waiting: 0,
    };
    assert.deepEqual(await (await fetch(`${url}/v1/models`)).json(), { object: 'list', data: [entry] });
    assert.deepEqual(await (await fetch(`${url}/v1/models/any%2Fname`)).json(), entry);
    assert.deepEqual(await (await fetch(`${url}/v1/models/any/name`)).json(), entry);
  });
});

test('answers n completions in their order, however their pieces come', async () => {
  const script = [start, say('b', 1), say('a', 0), say('B', 1), ...end(3, 2)];
  await withServer({ model: new FakeModel(() => script) }, async ({ post }) => {
    const reply = await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }], n: 2 });
    const body: unknown = await reply.json();
    assert.equal(at(body, 'choices', 0, 'message', 'content'), 'a');
    assert.equal(at(body, 'choices', 1, 'message', 'content'), 'bB');
  });
});

test('names ignored fields in a header, safely, and in the log once', async () => {
  await withServer({}, async ({ post, lines }) => {
    const body = { messages: [{ role: 'user', content: 'Hi' }], 'bö, se\n': 1, mirostat: 2 };
    for (let round = 0; round < 2; round++) {
      const reply = await post('/v1/chat/completions', body);
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('x-hearth-ignored'), 'b???se?, mirostat');
    }
    assert.equal(lines.filter((line) => line['field'] === 'mirostat').length, 1);
  });
});
